import type { AttemptRecord } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import { ANTHROPIC_MODEL, OPENAI_MODEL } from './prompts-and-tools.js';
import { BothSides, type Observation } from './both-sides.js';
import type { Expected, ExpectedAttempt } from './expected.js';
import type { Column } from './scenarios.js';
import { isNotApplicable } from './sdk.js';
import { cellOf, COLUMNS, ROWS, tableOf } from './table.js';

/**
 * Runs every scenario with every SDK: the application gets the same result as without telemetry, and the record matches
 * the provider's bill. `SDK_TABLE=1 npm test -- test/sdks` prints the table.
 */

// SDKs wait several seconds before they retry.
import.meta.jest.setTimeout(30_000);

const passed = new Set<string>();
const keyOf = (row: string, { name }: Column): string => `${row}: ${name}`;

afterAll(() => {
  if (process.env['SDK_TABLE']) process.stdout.write(tableOf((...cell) => passed.has(keyOf(...cell))));
});

describe.each(COLUMNS)('$name', (column) => {
  const sides = new BothSides();
  beforeAll(() => sides.start());
  afterAll(() => sides.stop());

  for (const row of ROWS) {
    const cell = cellOf(row, column);
    if (isNotApplicable(cell)) continue;

    it(`returns the same as without telemetry and matches the bill for ${row}`, async () => {
      const observation = await sides.observe(cell);
      expectSameResult(observation, cell.expected);
      expectRecord(observation, cell.expected, column);
      passed.add(keyOf(row, column));
    });
  }
});

function expectSameResult({ seen, bare }: Observation, expected: Expected): void {
  expect(seen).toEqual(bare);
  expect('error' in seen ? 'an error' : 'no error').toBe(expected.throws ? 'an error' : 'no error');
  if ('result' in expected) expect(seen.value).toEqual(expected.result);
}

/** Expects one attempt for each HTTP request, and that each matches the provider's bill. */
function expectRecord(
  { record, before, requests, bill }: Observation,
  expected: Expected,
  { api }: Column,
): void {
  const { attempts } = record;
  const billedAs: BilledAs =
    api === 'messages'
      ? { provider: 'anthropic', requestModel: ANTHROPIC_MODEL }
      : { provider: 'openai', requestModel: OPENAI_MODEL };
  expect(record).toMatchObject({ feature: 'sdks', operation: 'use' });
  if (before) expect(before).toMatchObject({ attempts: [], failure: null, usage: null });
  expect(attempts.map(accountOf)).toEqual(expected.attempts);
  expect({ requests, bills: bill.length }).toEqual({ requests: attempts.length, bills: attempts.length });
  for (const attempt of attempts) expectBilled(attempt, bill, billedAs);
  expect({
    failure: record.failure?.type ?? null,
    finishReason: record.finishReason,
    provider: record.provider,
    requestModel: record.requestModel,
    isStreamed: record.timeToFirstTokenMs !== null,
  }).toEqual({
    failure: expected.failure,
    finishReason: expected.attempts.at(-1)!.finish,
    ...billedAs,
    isStreamed: expected.attempts.some(({ firstToken }) => firstToken),
  });
  expect(record.cost.source).toBe(costSourceOf(expected.attempts));
}

function accountOf(attempt: AttemptRecord): ExpectedAttempt {
  return {
    finish: attempt.finishReason,
    failure: attempt.failure?.type ?? null,
    usage: attempt.usage?.source ?? null,
    isRetry: attempt.isRetry,
    firstToken: attempt.timeToFirstTokenMs !== null,
  };
}

interface BilledAs {
  readonly provider: string;
  readonly requestModel: string;
}

function expectBilled(attempt: AttemptRecord, bill: readonly LedgerEntry[], billedAs: BilledAs): void {
  expect(attempt).toMatchObject({ ...billedAs, operation: 'chat' });
  if (attempt.status === null) {
    // No response was received that could identify the request.
    expect(attempt).toMatchObject({ requestId: null, responseId: null, responseModel: null, usage: null });
    return;
  }
  const entry = bill.find(({ requestId }) => requestId === attempt.requestId)!;
  expect(entry).toBeDefined();
  expect({ status: attempt.status, billed: attempt.usage !== null }).toEqual({
    status: entry.status,
    billed: entry.billed,
  });
  const { usage } = attempt;
  if (usage === null || usage.source === 'missing') return;
  // IDs and names in truncated JSON can be cut, so they are not parsed.
  if (usage.source === 'estimated' && attempt.responseId === null) return;
  expect([attempt.responseId, attempt.responseModel]).toEqual([entry.responseId, entry.model]);
  if (usage.source === 'provider') {
    expect([usage.inputTokens, usage.cachedInputTokens, usage.outputTokens]).toEqual([
      entry.inputTokens,
      entry.cachedInputTokens,
      entry.outputTokens,
    ]);
  } else {
    // Anthropic reports input tokens at the start of the stream.
    if (billedAs.provider === 'anthropic') expect(usage.inputTokens).toBe(entry.inputTokens);
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(usage.outputTokens > 0).toBe(attempt.timeToFirstTokenMs !== null);
  }
}

function costSourceOf(attempts: readonly ExpectedAttempt[]): 'table' | 'unknown' | null {
  if (attempts.every(({ usage }) => usage === null)) return null;
  return attempts.some(({ usage }) => usage === 'missing') ? 'unknown' : 'table';
}
