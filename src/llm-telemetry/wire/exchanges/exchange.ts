import type { ContentReader } from '../content/content.js';
import { emptyAnswer, type Answer } from '../answer.js';
import { boundAnswer } from '../bound-answer.js';
import type { RequestParameters, WireFormat } from '../formats/format.js';
import { guard } from '../guard.js';
import { asObject, parseJson } from '../json/json-value.js';
import { abortOf } from '../readable.js';
import { countsToUsage, toUsage } from '../to-usage.js';
import type { Usage } from '../usage.js';

/** A request to a model, as it was seen on its way out. */
export interface ModelRequest {
  readonly format: WireFormat;
  /** `gen_ai.provider.name`. */
  readonly provider: string;
  readonly host: string;
  /** `null` for the scheme's own port. */
  readonly port: number | null;
  /** Scheme, host and path, without query: what a retry has in common with what it repeats. */
  readonly url: string;
  readonly parameters: RequestParameters;
  /** The SDK's own count of retries (`x-stainless-retry-count`); `null` where it sends none. */
  readonly retryCount: number | null;
  /** The SDK's timeout for this request in whole seconds, truncated (`x-stainless-timeout`). */
  readonly timeoutSeconds: number | null;
  /** The body as it was sent, where it was a string: for an estimate, and to tell what repeats it. */
  readonly body: string | null;
  /** Held weakly: its listeners may hold the response that the application has dropped. */
  readonly signal: WeakRef<AbortSignal> | null;
}

/** What the headers of a response say, beside its content. */
export interface ResponseHead {
  readonly status: number;
  /** The provider's id of the request. */
  readonly requestId: string | null;
  /** How long the provider asks to wait before the next request, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** What a proxy itself says that the answer cost, in USD; `null` where it says nothing. */
  readonly costUsd: number | null;
  /** What is left of the provider's limits, by the header's name. */
  readonly rateLimits: Readonly<Record<string, string>>;
}

/**
 * How an exchange ended. `finished`: the body was read to its end. `left`: the application stopped reading. `aborted`:
 * its signal was aborted. `cut`: the body ended or broke before its last event. `failed`: the request got no response
 * or the answer was an error. `unread`: nobody read the body.
 */
export type ExchangeEnding = 'finished' | 'left' | 'aborted' | 'cut' | 'failed' | 'unread';

/** Takes the exchanges of a context. Implemented to the right of the wire; nothing in it may throw. */
export interface ExchangeObserver {
  /** A request is about to be sent. `null`: not wanted. */
  begin(exchange: Exchange): ExchangeListener | null;
}

export interface ExchangeListener {
  /** Sends the request, in the context that its instrumentation should see. */
  run(send: () => void): void;
  /** Called once. */
  ended(exchange: Exchange): void;
  /** Why the request must not be sent: it gets a response with status 402 and this message, and the listener no call. */
  readonly refusal?: string;
}

/** What has been copied of a body. */
export interface BodyCopy {
  /** Reads what has not been read of it yet, into the exchange's answer. Never throws. */
  close(): void;
}

/**
 * One HTTP request to a model and its answer. Times are those of `performance.now()`.
 */
export class Exchange {
  readonly answer: Answer = emptyAnswer();
  readonly startedAt = performance.now();
  head: ResponseHead | null = null;
  /** When the headers of the response came. */
  respondedAt: number | null = null;
  /** When the first bytes of the body came. */
  firstChunkAt: number | null = null;
  /** When the first event of a stream with content of the answer came. */
  firstTokenAt: number | null = null;
  /** When the last byte (or the end, or the error) came. */
  lastActivityAt = this.startedAt;
  /** True where the answer comes as server-sent events. */
  eventStream = false;
  /** True once the application has begun to read the body. */
  touched = false;
  /** True if the body came to its end without anything in it. */
  blank = false;
  ending: ExchangeEnding | null = null;
  /** What the request failed with, where it got no response or its body broke. */
  error: unknown = undefined;
  /** The reason of the signal, if the exchange was aborted. */
  abortReason: unknown = undefined;
  listener: ExchangeListener | null = null;
  /** The copy of the body, while there is one: bytes may stand in it that nobody has looked at yet. */
  body: BodyCopy | null = null;
  /** Whether the application has asked for the usage of streams that do not say it by themselves. */
  includeStreamUsage = false;
  /** Reads the content, where the application has asked for it. */
  content: ContentReader | null = null;

  constructor(public request: ModelRequest) {}

  /** Ends the exchange. Only the first call counts. */
  end(ending: ExchangeEnding, error?: unknown): void {
    if (this.ending !== null) return;
    this.body?.close();
    this.body = null;
    guard('reading a body', () => boundAnswer(this.answer));
    this.error = error;
    this.ending = this.trueEnding(ending);
    if (this.ending === 'aborted') this.abortReason = abortOf(this.request.signal?.deref())?.reason ?? error;
    this.listener?.ended(this);
  }

  /** Whether the signal of the request has been aborted. */
  get isAborted(): boolean {
    return abortOf(this.request.signal?.deref()) !== null;
  }

  /** True where a response with a status that announces an answer came. */
  get answered(): boolean {
    return this.head !== null && this.head.status < 400;
  }

  /**
   * The tokens of this exchange; `null` where none can have been billed: refused before there was an answer, or never
   * answered at all.
   */
  usage(): Usage | null {
    if (!this.answered) return null;
    const { answer } = this;
    const nothingSaid = answer.usage.inputTokens === null && answer.usage.outputTokens === null;
    if (nothingSaid && answer.error !== null && answer.outputChunks === 0) return null;
    if (this.isEmpty && answer.usage.inputTokens === null && !answer.usage.outputTokens) return null;
    return toUsage(answer, this.outputSeen(), () => this.inputBytes());
  }

  /**
   * True if the status announced an answer, the answer was read to its end, and there is nothing in it. One that was
   * truncated, filtered, paused or refused has a finish reason that says why.
   */
  get isEmpty(): boolean {
    const { answer, head } = this;
    if (this.ending !== 'finished' || head === null || head.status < 200 || head.status > 299) return false;
    if (this.blank) return !this.request.format.mayBeBlank;
    if (answer.hasContent !== false || answer.outputChunks > 0) return false;
    return answer.finish === null || answer.finish === 'stop';
  }

  /** Whether there is output to count, or part of one: a body that was not read, or not understood, says nothing. */
  private outputSeen(): boolean {
    const { answer } = this;
    if (this.eventStream) return this.touched;
    if (answer.complete) return answer.finish !== 'paused';
    // The provider has generated a JSON answer before it sends its first byte: what broke afterwards may be billed.
    return this.touched && this.ending !== 'finished' && this.ending !== 'unread';
  }

  /** What a proxy itself says that the answer cost, in USD. */
  get providerCostUsd(): number | null {
    const said = this.answer.usage.providerCostUsd;
    // The head of a stream is sent before there is anything to charge for.
    return said ?? (this.eventStream ? null : (this.head?.costUsd ?? null));
  }

  /** The tokens of each model that has worked on the answer; `null` where it was one, which is what `usage` says. */
  usageByModel(): ReadonlyArray<{ readonly model: string | null; readonly usage: Usage }> | null {
    const { iterations } = this.answer;
    return iterations && iterations.map(({ model, usage }) => ({ model, usage: countsToUsage(usage) }));
  }

  /** The UTF-8 bytes of text that the model is given; `null`: the request does not hold it. Parses the whole body. */
  inputBytes(): number | null {
    const body = this.request.body === null ? null : asObject(parseJson(this.request.body));
    if (body === null) return null;
    return guard('reading a request', () => this.request.format.inputBytes(body)) ?? null;
  }

  /** What happened, where the way in which reading ended and what was read do not say the same. */
  private trueEnding(ending: ExchangeEnding): ExchangeEnding {
    const { answer } = this;
    if (ending === 'aborted' || ending === 'unread') return ending;
    if (answer.error !== null) return 'failed';
    if (answer.complete) return 'finished';
    if (ending === 'finished') {
      return this.eventStream && this.answered && answer.finish === null && !this.blank ? 'cut' : 'finished';
    }
    return ending !== 'left' && (this.isAborted || this.brokeByCollectedSignal()) ? 'aborted' : ending;
  }
  /** An aborted signal can be collected before the error that it caused arrives; the error tells what it was. */
  private brokeByCollectedSignal(): boolean {
    const { signal } = this.request;
    if (signal === null || signal.deref() !== undefined) return false;
    const name = (this.error as { name?: unknown } | null | undefined)?.name;
    return name === 'AbortError' || name === 'TimeoutError';
  }
}
