/**
 * Faults that the emulator simulates. The first group rejects the request, the second interrupts the response, the
 * third completes it with unusual content or an unusual finish reason. A fault that an API cannot have is replaced by
 * that API's equivalent or ignored: embeddings have no text to truncate, a filtered image is a rejected request.
 *
 * `tool` calls the first offered tool, forced or not; `pause` is Anthropic's `pause_turn`; `failed` is the status of
 * an OpenAI response, and a `server_error` in other APIs; `no_body` is a 200 without a body, and `only_done` a stream
 * without any event except `[DONE]`.
 *
 * @publicApi
 */
export type FaultKind =
  | 'rate_limit'
  | 'quota'
  | 'overloaded'
  | 'server_error'
  | 'bad_request'
  | 'auth'
  | 'permission'
  | 'not_found'
  | 'too_large'
  | 'context_length'
  | 'blocked'
  | 'html'
  | 'stall'
  | 'cut'
  | 'stream_error'
  | 'truncate'
  | 'filter'
  | 'refuse'
  | 'invalid_json'
  | 'empty'
  | 'tool'
  | 'pause'
  | 'failed'
  | 'no_body'
  | 'only_done';

/**
 * Fault of one request. As a directive in a prompt: `[emulate rate_limit attempts=2 retry_after=1]`. In the header
 * `x-emulator-fault`: the same without the brackets and `emulate`.
 *
 * @publicApi
 */
export interface FaultSpec {
  /** `none` exempts the request from the rates. */
  readonly kind: FaultKind | 'none';
  /** Number of attempts that fail before an SDK's retry succeeds (`attempts=`). @defaultValue all */
  readonly attempts?: number | undefined;
  /** Tokens before the fault (`after=`). @defaultValue before the headers; `stream_error`: 4; `truncate`: 8 */
  readonly afterTokens?: number | undefined;
  /** `failed`: error code (`code=`). @defaultValue `server_error` */
  readonly code?: string | undefined;
  /** Seconds for the `retry-after` header (`retry_after=`). */
  readonly retryAfter?: number | undefined;
  /** `program` only: number of requests. @defaultValue 1 */
  readonly times?: number | undefined;
  /** `program` only: model of the requests. @defaultValue any */
  readonly model?: string | undefined;
}

export const FAULT_KINDS: ReadonlySet<string> = new Set<FaultKind>([
  'rate_limit',
  'quota',
  'overloaded',
  'server_error',
  'bad_request',
  'auth',
  'permission',
  'not_found',
  'too_large',
  'context_length',
  'blocked',
  'html',
  'stall',
  'cut',
  'stream_error',
  'truncate',
  'filter',
  'refuse',
  'invalid_json',
  'empty',
  'tool',
  'pause',
  'failed',
  'no_body',
  'only_done',
]);

/** Thrown for an unknown fault, and for an unknown or invalid parameter of a fault. @publicApi */
export class InvalidFaultError extends TypeError {
  override readonly name = 'InvalidFaultError';
  /** Identifies this class of errors; the same in every version. */
  readonly code = 'LLM_TELEMETRY_INVALID_FAULT';
}

/** Parses `<kind> key=value …`. @throws InvalidFaultError if the kind, a key or a value is invalid. */
export function parseFault(written: string): FaultSpec {
  const [kind = '', ...pairs] = written.trim().split(/\s+/);
  if (kind !== 'none' && !FAULT_KINDS.has(kind)) throw new InvalidFaultError(unknownFault(kind));
  const fault: { -readonly [Key in keyof FaultSpec]: FaultSpec[Key] } = { kind: kind as FaultKind };
  for (const pair of pairs) {
    const [key = '', value = ''] = pair.split('=');
    if (key === 'code' && /^\w+$/.test(value)) {
      fault.code = value;
      continue;
    }
    const number = Number(value);
    if (value === '' || !(number >= 0))
      throw new InvalidFaultError(`Invalid fault parameter "${pair}": expected key=number.`);
    if (key === 'attempts') fault.attempts = number;
    else if (key === 'after') fault.afterTokens = number;
    else if (key === 'retry_after') fault.retryAfter = number;
    else
      throw new InvalidFaultError(
        `Unknown fault parameter "${key}". Allowed: attempts, after, code, retry_after.`,
      );
  }
  return fault;
}

function unknownFault(kind: string): string {
  return `Unknown fault "${kind}". Allowed: none, ${[...FAULT_KINDS].join(', ')}.`;
}

/** Queue of programmed faults. The next request with a matching model takes a fault. */
export class FaultProgram {
  private readonly queue: Array<{ fault: FaultSpec; left: number }> = [];

  add(fault: FaultSpec): void {
    if (fault.kind !== 'none' && !FAULT_KINDS.has(fault.kind)) {
      throw new InvalidFaultError(unknownFault(fault.kind));
    }
    this.queue.push({ fault, left: fault.times ?? 1 });
  }

  take(model: string): FaultSpec | null {
    const index = this.queue.findIndex(({ fault }) => fault.model === undefined || fault.model === model);
    const entry = this.queue[index];
    if (!entry) return null;
    if (--entry.left <= 0) this.queue.splice(index, 1);
    return entry.fault;
  }

  clear(): void {
    this.queue.length = 0;
  }
}

/**
 * Response feature requested by a directive in the prompt, `[emulate iterations]`. Anthropic beta: `iterations`
 * starts with a compaction, `advisor` consults a larger model, `fallback` responds with another model. `proxy_cost`
 * adds the cost to the usage, as OpenRouter does.
 *
 * @publicApi
 */
export type Extra = 'iterations' | 'advisor' | 'fallback' | 'proxy_cost';

const EXTRAS: ReadonlySet<string> = new Set<Extra>(['iterations', 'advisor', 'fallback', 'proxy_cost']);

/** Directives of a prompt, and its text without them. */
interface Directives<Dialect> {
  /** The first fault, or `null`. */
  readonly fault: FaultSpec | null;
  readonly extras: ReadonlySet<Extra>;
  readonly dialects: readonly Dialect[];
  readonly text: string;
}

const DIRECTIVE = /\[emulate ([^\]]+)\]/g;

/** Parses the directives of a prompt. @throws InvalidFaultError if a directive is invalid. */
export function parseDirectives<Dialect extends string>(
  prompt: string,
  isDialect: (written: string) => written is Dialect,
): Directives<Dialect> {
  let fault: FaultSpec | null = null;
  const extras = new Set<Extra>();
  const dialects: Dialect[] = [];
  for (const [, written] of prompt.matchAll(DIRECTIVE)) {
    if (EXTRAS.has(written!)) extras.add(written as Extra);
    else if (isDialect(written!)) dialects.push(written);
    else fault ??= parseFault(written!);
  }
  return { fault, extras, dialects, text: prompt.replace(DIRECTIVE, '').trim() };
}

/** Builds the standard header in seconds, and the header of both SDKs in milliseconds. */
export function retryHeaders({ retryAfter }: FaultSpec): Record<string, string> {
  if (retryAfter === undefined) return {};
  return {
    'retry-after': String(Math.ceil(retryAfter)),
    'retry-after-ms': String(Math.round(retryAfter * 1000)),
  };
}
