import { describeValue, nearNames } from '../validation/message-text.js';
import type { CallName } from '../calls/call-name.js';
import type { Attributes } from '../calls/record.js';
import type { RetryPolicy } from '../calls/methods/method-call.js';
import type { CallDefinition } from '../calls/methods/run-call.js';
import { LlmDecoratorError } from './llm-decorator.error.js';
import { guard } from '../wire/guard.js';

/**
 * Options of `@LlmCall`.
 *
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-explicit-any -- inferred from `attributes`; nothing else depends on them
export interface LlmCallOptions<Args extends unknown[] = any[], Result = any> {
  /**
   * The feature that the call belongs to.
   * @defaultValue the feature of `@LlmFeature` on the class
   */
  readonly feature?: string;
  /**
   * What the method does for the feature.
   * @defaultValue the name of the method in snake case: `draft_reply` for `draftReply`
   */
  readonly operation?: string;
  /**
   * Retries the method after a transient error (`rate_limit`, `overloaded`, `server_error`, `timeout`, `connection`,
   * `stream_cut`, `empty_response`, `parse`). Each retry is a separate call. A number is the maximum of retries.
   *
   * Applies to methods that return a promise (including an SDK's `APIPromise`), and to async generators and Observables
   * before their first value. Other methods are not retried; if the declared return type shows it, the decorator throws.
   * @defaultValue no retries
   */
  readonly retry?: number | RetryPolicy;
  /** Returns attributes for the span and the record from the result of the method. Errors that it throws are ignored. */
  readonly attributes?: (result: Result, args: Args) => Attributes;
}

/**
 * Options of `LlmTelemetry.run`: the name of the call, and those of `@LlmCall`.
 *
 * @publicApi
 */
export interface LlmRunOptions extends CallName, Pick<LlmCallOptions, 'retry' | 'attributes'> {}

/** Validated options, with the default operation. */
export interface CheckedOptions {
  /** `undefined` if the feature is that of the class. */
  readonly feature: string | undefined;
  readonly operation: string;
  readonly retry: RetryPolicy | undefined;
  readonly attributes: LlmCallOptions['attributes'];
}

const OPTIONS = ['feature', 'operation', 'retry', 'attributes'] as const satisfies ReadonlyArray<
  keyof LlmCallOptions
>;
const POLICY = ['maxRetries', 'maxDelayMs'] as const satisfies ReadonlyArray<keyof RetryPolicy>;

/**
 * Checks the options of `@LlmCall`. `where` names the class and method for messages.
 *
 * @throws LlmDecoratorError
 */
export function checkOptions(options: unknown, where: string, key: string | symbol): CheckedOptions {
  const given = asOptions(options, where);
  const { feature, attributes } = given;
  checkName('feature', feature, where);
  checkName('operation', given.operation, where);
  if (attributes !== undefined && typeof attributes !== 'function')
    throw invalid(where, `attributes must be a function, received ${describeValue(attributes)}`);
  return {
    feature: feature as string | undefined,
    operation: (given.operation as string | undefined) ?? defaultOperation(key, where),
    retry: checkRetry(given.retry, where),
    attributes: attributes as LlmCallOptions['attributes'],
  };
}

/**
 * Returns the call definition for `LlmTelemetry.run`. Invalid options are ignored and reported, since telemetry must not
 * fail a call.
 */
export function definitionOfRun(options: LlmRunOptions): CallDefinition {
  const { feature, operation, retry, attributes } = options;
  const policy =
    retry === undefined
      ? undefined
      : guard('validating the option retry of LlmTelemetry.run, which is ignored', () =>
          checkRetry(retry, 'LlmTelemetry.run'),
        );
  return {
    feature,
    operation,
    retry: policy,
    attributes: typeof attributes === 'function' ? (result) => attributes(result, []) : undefined,
    returns: 'promise',
  };
}

function asOptions(
  options: unknown,
  where: string,
): Readonly<Partial<Record<keyof LlmCallOptions, unknown>>> {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const example =
      typeof options === 'string'
        ? `@LlmCall({ operation: ${JSON.stringify(options)} })`
        : '@LlmCall({ feature, operation })';
    throw invalid(
      where,
      `expected an object with options, received ${describeValue(options)}. Example: ${example}`,
    );
  }
  checkKeys(options, OPTIONS, where, 'option');
  return options;
}

function checkKeys(given: object, known: readonly string[], where: string, kind: string): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const [nearest] = nearNames(name, known);
    const hint = nearest === undefined ? `Allowed: ${known.join(', ')}` : `Did you mean "${nearest}"?`;
    throw invalid(where, `unknown ${kind} "${name}". ${hint}`);
  }
}

function checkName(option: string, value: unknown, where: string): void {
  if (value === undefined || (typeof value === 'string' && value.trim() !== '')) return;
  throw invalid(where, `${option} must be a non-empty string, received ${describeValue(value)}`);
}

function checkRetry(retry: unknown, where: string): RetryPolicy | undefined {
  if (retry === undefined) return undefined;
  if (typeof retry !== 'object' || retry === null) {
    checkCount('retry', retry, where, ' or { maxRetries, maxDelayMs }');
    return { maxRetries: retry as number };
  }
  checkKeys(retry, POLICY, where, 'option of retry');
  const { maxRetries, maxDelayMs } = retry as Partial<Record<keyof RetryPolicy, unknown>>;
  checkCount('retry.maxRetries', maxRetries, where);
  if (
    maxDelayMs !== undefined &&
    !(typeof maxDelayMs === 'number' && Number.isFinite(maxDelayMs) && maxDelayMs >= 0)
  )
    throw invalid(
      where,
      `retry.maxDelayMs must be a number of milliseconds from 0, received ${describeValue(maxDelayMs)}`,
    );
  // A copy, since the application may change its object.
  return { maxRetries: maxRetries as number, maxDelayMs };
}

function checkCount(option: string, value: unknown, where: string, alternative = ''): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return;
  throw invalid(
    where,
    `${option} must be a whole number of retries from 0${alternative}, received ${describeValue(value)}`,
  );
}

/** Returns the name of a method in snake case: `parse_html_page` for `parseHTMLPage`. */
function defaultOperation(key: string | symbol, where: string): string {
  const name = (typeof key === 'symbol' ? (key.description ?? '') : key)
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1_$2')
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1_$2')
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
  if (name === '')
    throw invalid(where, 'the operation cannot be derived from the name of the method. Set operation');
  return name;
}

/** Creates an error that names the decorated method. */
export function invalid(where: string, problem: string): LlmDecoratorError {
  return new LlmDecoratorError(`@LlmCall on ${where}: ${problem}${problem.endsWith('?') ? '' : '.'}`);
}
