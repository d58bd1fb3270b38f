import type { ContentReader } from '../content/content.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { boundResponse } from '../bound-response.js';
import type { RequestParameters, WireFormat } from '../formats/format.js';
import type { HostProviders } from '../dialects/host-providers.js';
import { guard } from '../guard.js';
import { asObject, parseJson, type JsonObject } from '../json/json-value.js';
import { abortOf } from '../readable.js';
import { countsToUsage, toUsage } from '../to-usage.js';
import type { Usage } from '../usage.js';

/** A request to a model. */
export interface ModelRequest {
  readonly format: WireFormat;
  /** `gen_ai.provider.name`. */
  readonly provider: string;
  /** The application has named the provider of the host. */
  readonly hasMappedHost: boolean;
  /** `null` if another process sends the request. */
  readonly host: string | null;
  /** Region, data zone or other place of the endpoint; `null` if host and path name none. */
  readonly place: string | null;
  /** `null` for the default port of the scheme. */
  readonly port: number | null;
  /** Scheme, host and path, without query. Used to match a retry with the request that it repeats. */
  readonly url: string;
  readonly parameters: RequestParameters;
  /** Retry count of the SDK (`x-stainless-retry-count`); `null` if it sends none. */
  readonly retryCount: number | null;
  /**
   * Timeout of the SDK for this request in whole seconds, rounded down (`x-stainless-timeout`); `null` if it sends
   * none.
   */
  readonly timeoutSeconds: number | null;
  /** The body if it is text. Used to estimate tokens and to match retries. */
  readonly body: string | null;
  /** Weak reference, because listeners of the signal may retain the response. */
  readonly signal: WeakRef<AbortSignal> | null;
}

/** How a response body is divided: one JSON value, a stream of events, or a file. */
export type Framing = 'json' | 'sse' | 'ndjson' | 'json-array' | 'aws-event-stream' | 'binary';

/** Status and headers of a response. */
export interface ResponseHead {
  /** `null` if the client does not report it. */
  readonly status: number | null;
  /** The provider's id of the request. */
  readonly requestId: string | null;
  /** Retry delay requested by the provider, in milliseconds; `null` if there is none. */
  readonly retryAfterMs: number | null;
  /** Error code in a response header, as AWS sends it; `null` if absent. */
  readonly errorCode: string | null;
  /** Cost reported by a proxy, in USD; `null` if it reports none. */
  readonly costUsd: number | null;
  /** Remaining rate limits of the provider, by header name. */
  readonly rateLimits: Readonly<Record<string, string>>;
}

/**
 * How an exchange ended:
 * - `finished`: the body was read to its end.
 * - `left`: the application stopped reading.
 * - `aborted`: the signal of the request was aborted.
 * - `cut`: the body ended or broke before its last event.
 * - `failed`: the request got no response, or the response was an error.
 * - `unread`: the body was not read.
 */
export type ExchangeEnding = 'finished' | 'left' | 'aborted' | 'cut' | 'failed' | 'unread';

/** Receives the exchanges of a context. Implemented outside `wire/`. Must not throw. */
export interface ExchangeObserver {
  /** Providers of hosts, as named by the application. */
  readonly hosts?: HostProviders | undefined;
  /** Called before a request is sent. Returns `null` to ignore the exchange. */
  begin(exchange: Exchange): ExchangeListener | null;
}

export interface ExchangeListener {
  /** Runs `send` in the context that other instrumentation should see. */
  run(send: () => void): void;
  /** Called if the body of the request was read after the exchange began. `exchange.request` is complete then. */
  requestRead?(exchange: Exchange): void;
  /** Begins another exchange of the same call, which has not ended. */
  alongside?(exchange: Exchange): ExchangeListener;
  /** Called once, when the exchange ends. */
  ended(exchange: Exchange): void;
  /**
   * If set, the request is not sent: it gets a response with status 402 and this message, and no method of the listener
   * is called. Never set for an exchange that is not refusable.
   */
  readonly refusal?: string;
}

/** What was received of a body and is not read yet. */
export interface BodyCopy {
  /** Reads the rest into the exchange's response. Never throws. */
  close(): void;
}

/** Receives the lines of a file that is read as a whole. */
export interface LineReader {
  /** Adds whole lines. Keeps the text, and reads it later. */
  add(text: string): void;
}

/** Returns whether a status is that of an error response. `null`: the client does not report it. */
export function isErrorStatus(status: number | null): boolean {
  return status !== null && status >= 400;
}

/** One request to a model and its response. Times are from `performance.now()`, in milliseconds. */
export class Exchange {
  readonly response: ResponseDraft = emptyResponse();
  head: ResponseHead | null = null;
  /** Time of the response headers. */
  respondedAt: number | null = null;
  /** Time of the first bytes of the body. */
  firstChunkAt: number | null = null;
  /** Time of the first stream event with generated content. */
  firstTokenAt: number | null = null;
  /** Time of the last chunk, the end or the error. */
  lastActivityAt: number;
  /** How the body is divided into events. Determined by the content type, or by the first bytes of the body. */
  framing: Framing = 'json';
  /** True once the application starts reading the body. */
  touched = false;
  /** True if the whole body was empty. */
  blank = false;
  ending: ExchangeEnding | null = null;
  /** Error of the request or of its body. */
  error: unknown = undefined;
  /** The reason of the signal, if the exchange was aborted. */
  abortReason: unknown = undefined;
  listener: ExchangeListener | null = null;
  /** Copied bytes of the body that may not be parsed yet; `null` after the exchange has ended. */
  body: BodyCopy | null = null;
  /**
   * Called once, when the provider has marked the response as complete or the exchange ends, before the application can
   * react to the last bytes. If set, events are parsed as they arrive.
   */
  onComplete: (() => void) | null = null;
  /** Whether to request usage for streams that omit it by default. */
  includeStreamUsage = false;
  /** Reads prompts and responses if content recording is enabled. */
  content: ContentReader | null = null;
  /** Set if the response is a file of JSON lines, whatever its content type. */
  lines: LineReader | null = null;

  /**
   * @param startedAt - time at which the request was sent, if the exchange begins later
   * @param isRefusable - `false` if the request is already on its way, so that it gets no synthetic response
   */
  constructor(
    public request: ModelRequest,
    readonly startedAt = performance.now(),
    readonly isRefusable = true,
  ) {
    this.lastActivityAt = startedAt;
  }

  /** Adds the body of the request, which was read while it was sent. */
  completeRequest(request: ModelRequest): void {
    if (this.ending !== null) return;
    this.request = request;
    this.listener?.requestRead?.(this);
  }

  /** Ends the exchange. Only the first call has an effect. */
  end(ending: ExchangeEnding, error?: unknown): void {
    if (this.ending !== null) return;
    this.body?.close();
    this.body = null;
    if (this.succeeded) guard('reading a request', () => this.readRequestUsage());
    guard('reading a body', () => boundResponse(this.response));
    this.error = error;
    this.ending = this.resolveEnding(ending);
    if (this.ending === 'aborted') this.abortReason = abortOf(this.request.signal?.deref())?.reason ?? error;
    this.completed();
    this.listener?.ended(this);
  }

  /** Calls `onComplete`, once. */
  completed(): void {
    const { onComplete } = this;
    if (onComplete === null) return;
    this.onComplete = null;
    guard('completing a response', onComplete);
  }

  /** Whether the signal of the request has been aborted. */
  get isAborted(): boolean {
    return abortOf(this.request.signal?.deref()) !== null;
  }

  /** True if the response is a stream of events. */
  get eventStream(): boolean {
    return this.framing !== 'json' && this.framing !== 'binary';
  }

  /** True if a response without a status of 400 or above was received. */
  get succeeded(): boolean {
    return this.head !== null && !isErrorStatus(this.head.status);
  }

  /**
   * Returns the usage of this exchange; `null` if nothing can have been billed, because there was no response or it was
   * an error without output.
   */
  usage(): Usage | null {
    if (!this.succeeded) return null;
    const { response } = this;
    const hasNoCounts = response.usage.inputTokens === null && response.usage.outputTokens === null;
    if (hasNoCounts && response.error !== null && response.outputChunks === 0) return null;
    if (this.isEmpty && response.usage.inputTokens === null && !response.usage.outputTokens) return null;
    return toUsage(response, this.outputSeen(), () => this.inputBytes());
  }

  /**
   * True if a successful response was read to its end and has no content. Truncated, filtered, paused and refused
   * responses are not empty: their finish reason explains the missing content.
   */
  get isEmpty(): boolean {
    const { response, head } = this;
    const status = head?.status ?? null;
    if (this.ending !== 'finished' || status === null || status < 200 || status > 299) return false;
    if (this.blank) return !this.request.format.mayBeBlank;
    if (response.hasContent !== false || response.outputChunks > 0) return false;
    return response.finish === null || response.finish === 'stop';
  }

  /** Returns whether output, or a part of it, was seen. The output of an unread or unparsed body is unknown. */
  private outputSeen(): boolean {
    const { response } = this;
    if (this.eventStream) return this.touched;
    if (response.complete) return response.finish !== 'paused';
    // A JSON response is generated before its first byte is sent, so it may be billed even if the body breaks.
    return this.touched && this.ending !== 'finished' && this.ending !== 'unread';
  }

  /** Cost reported by a proxy, in USD; `null` if it reports none. */
  get providerCostUsd(): number | null {
    const { providerCostUsd } = this.response.usage;
    // The headers of a stream are sent before its cost is known.
    return providerCostUsd ?? (this.eventStream ? null : (this.head?.costUsd ?? null));
  }

  /** Returns the usage of each model if several models contributed to the response; `null` if it was one. */
  usageByModel(): ReadonlyArray<{ readonly model: string | null; readonly usage: Usage }> | null {
    const { iterations } = this.response;
    return iterations && iterations.map(({ model, usage }) => ({ model, usage: countsToUsage(usage) }));
  }

  /** Returns the UTF-8 bytes of input text; `null` if the request does not contain it. Parses the whole body. */
  inputBytes(): number | null {
    const body = this.requestBody();
    if (body === null) return null;
    return guard('reading a request', () => this.request.format.inputBytes(body)) ?? null;
  }

  private readRequestUsage(): void {
    const { format } = this.request;
    const body = format.readRequestUsage ? this.requestBody() : null;
    if (body) format.readRequestUsage!(body, this.response);
  }

  private requestBody(): JsonObject | null {
    return this.request.body === null ? null : asObject(parseJson(this.request.body));
  }

  /** True if the stream has not had the event that tells how it ended. */
  private get lacksLastEvent(): boolean {
    if (!this.eventStream || !this.succeeded || this.blank || this.response.finish !== null) return false;
    return !this.request.format.hasNoLastEvent || this.response.outputChunks === 0;
  }

  /** Corrects the ending by what was read from the body. */
  private resolveEnding(ending: ExchangeEnding): ExchangeEnding {
    const { response } = this;
    if (ending === 'aborted' || ending === 'unread') return ending;
    if (response.error !== null) return 'failed';
    if (response.complete) return 'finished';
    if (ending === 'finished') return this.lacksLastEvent ? 'cut' : 'finished';
    return ending !== 'left' && (this.isAborted || this.wasAbortedByCollectedSignal()) ? 'aborted' : ending;
  }

  /** An aborted signal can be garbage collected before its error arrives. The error name then identifies the abort. */
  private wasAbortedByCollectedSignal(): boolean {
    const { signal } = this.request;
    if (signal === null || signal.deref() !== undefined) return false;
    const name = (this.error as { name?: unknown } | null | undefined)?.name;
    return name === 'AbortError' || name === 'TimeoutError';
  }
}
