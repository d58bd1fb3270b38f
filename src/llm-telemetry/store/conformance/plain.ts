import assert from 'node:assert/strict';
import { inspect, isDeepStrictEqual } from 'node:util';

/**
 * Returns a copy without undefined fields. The copy has the prototypes of this module: a test runner can load stores and the
 * suite with different globals.
 */
export function plain(value: unknown): unknown {
  // Not `map`: it returns an array of the same globals as its own.
  if (Array.isArray(value)) return Array.from(value, plain);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]));
}

/** Fails unless two values are deeply equal, apart from undefined fields. The message names the first difference. */
export function assertSame(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [plain(actual), plain(expected)];
  if (isDeepStrictEqual(one, other)) return;
  assert.fail(differenceOf(one, other, what));
}

/** Describes the first difference. The lists of a store can be too long for a message. */
function differenceOf(actual: unknown, expected: unknown, path: string): string {
  if (isContainer(actual) && isContainer(expected)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    for (const name of names)
      if (!isDeepStrictEqual(actual[name], expected[name]))
        return differenceOf(actual[name], expected[name], `${path}.${name}`);
  }
  return `${path} is ${inspected(actual)}, expected ${inspected(expected)}`;
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function inspected(value: unknown): string {
  return inspect(value, { depth: 2, maxArrayLength: 5, maxStringLength: 200 });
}

/** Fails unless a query is rejected with the error of a code. */
export async function assertRejected(query: Promise<unknown>, code: string, what: string): Promise<void> {
  const error: unknown = await query.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.equal((error as { code?: unknown } | null)?.code, code, `${what} must be rejected with ${code}`);
}

export const INVALID_QUERY = 'LLM_TELEMETRY_INVALID_QUERY';
