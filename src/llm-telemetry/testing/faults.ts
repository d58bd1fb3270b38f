/**
 * What the emulator can be told to do wrong. The first group is refused before there is an answer, the second breaks
 * an answer off, the third is an answer that ends otherwise than with `stop`. What an API's answers cannot do becomes
 * what that API does instead, or nothing: embeddings have no text to cut short, a picture is not filtered but refused.
 *
 * `tool` calls the first tool that is offered, forced or not; `pause` is Anthropic's `pause_turn`; `failed` is a
 * response of OpenAI's that ends so, and elsewhere a `server_error`.
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
  | 'failed';

/**
 * A fault for one request. In a prompt it is written as a directive, `[emulate rate_limit attempts=2 retry_after=1]`,
 * and in the header `x-emulator-fault` the same without the brackets and the first word.
 *
 * @publicApi
 */
export interface FaultSpec {
  /** `none`: this request goes through, whatever the rates say. */
  readonly kind: FaultKind | 'none';
  /** Only the first so many attempts of an SDK's chain of retries fail (`attempts=`). Default: all. */
  readonly attempts?: number | undefined;
  /** `stall` and `cut`: after so many tokens (`after=`); without it, before the headers. `truncate`: the tokens kept. */
  readonly afterTokens?: number | undefined;
  /** `failed`: the error's code (`code=`). Default `server_error`. */
  readonly code?: string | undefined;
  /** Seconds for the `retry-after` header (`retry_after=`). */
  readonly retryAfter?: number | undefined;
  /** `program` only: for how many requests. Default 1. */
  readonly times?: number | undefined;
  /** `program` only: for requests to this model. */
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
]);

/** Reads `<kind> key=value …`. @throws TypeError for a kind or a key that there is not. */
export function parseFault(written: string): FaultSpec {
  const [kind = '', ...pairs] = written.trim().split(/\s+/);
  if (kind !== 'none' && !FAULT_KINDS.has(kind))
    throw new TypeError(`The emulator knows no fault "${kind}".`);
  const fault: { -readonly [Key in keyof FaultSpec]: FaultSpec[Key] } = { kind: kind as FaultKind };
  for (const pair of pairs) {
    const [key = '', value = ''] = pair.split('=');
    if (key === 'code' && /^\w+$/.test(value)) {
      fault.code = value;
      continue;
    }
    const number = Number(value);
    if (value === '' || !(number >= 0)) throw new TypeError(`"${pair}" is not key=number.`);
    if (key === 'attempts') fault.attempts = number;
    else if (key === 'after') fault.afterTokens = number;
    else if (key === 'retry_after') fault.retryAfter = number;
    else throw new TypeError(`A fault has no "${key}".`);
  }
  return fault;
}

/** The faults that tests have lined up: each is taken by the next request that it is for. */
export class FaultProgram {
  private readonly queue: Array<{ fault: FaultSpec; left: number }> = [];

  add(fault: FaultSpec): void {
    if (fault.kind !== 'none' && !FAULT_KINDS.has(fault.kind)) {
      throw new TypeError(`The emulator knows no fault "${fault.kind}".`);
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
