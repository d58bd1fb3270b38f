import type { FinishReason } from '../wire/finish-reason.js';
import type { ExchangeEnding } from '../wire/exchanges/exchange.js';
import type { RequestParameters } from '../wire/formats/format.js';
import type { Usage } from '../wire/usage.js';
import type { AttemptContent } from './content.js';
import type { Cost } from './cost.js';
import type { LlmErrorType } from './error-type.js';

/** A value that an OpenTelemetry attribute can have. */
export type AttributeValue = string | number | boolean | string[] | number[] | boolean[];

/** Attributes that the application adds to a call. @publicApi */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/**
 * Identity that a request is served for. Added to spans and the store, never to logs, and to metrics only if listed in
 * `metricAttributes`.
 *
 * @publicApi
 */
export interface RequestIdentity {
  /** Attribute `user.id`. */
  readonly userId?: string | undefined;
  /** Attribute `llm.tenant`. */
  readonly tenantId?: string | undefined;
  /** Attribute `session.id`. */
  readonly sessionId?: string | undefined;
}

/** How a call or an attempt failed. @publicApi */
export interface Failure {
  readonly type: LlmErrorType;
  /** Class name of the error, or the type if there is no error object. Never the message. */
  readonly errorClass: string;
}

/**
 * Record of one HTTP request to a provider, of one response recorded by hand, or of an agent's use of one model.
 *
 * @publicApi
 */
export interface AttemptRecord {
  /** Ordinal within the call, from 0. */
  readonly attempt: number;
  /** `true` if it retries the previous attempt. */
  readonly isRetry: boolean;
  /** `gen_ai.operation.name`. */
  readonly operation: string;
  readonly provider: string;
  readonly requestModel: string | null;
  readonly responseModel: string | null;
  readonly responseId: string | null;
  /** Request id that the provider returned. */
  readonly requestId: string | null;
  readonly server: {
    readonly address: string;
    readonly port: number | null;
    /** Region, data zone or other place that host and path name; omitted if they name none. */
    readonly place?: string | undefined;
  } | null;
  readonly parameters: RequestParameters;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** From the start to the last byte, in milliseconds. */
  readonly durationMs: number;
  /** Until the first bytes of a streamed body; `null` if the response was not streamed. */
  readonly timeToFirstChunkMs: number | null;
  /** Until the first content of a stream; `null` if the response was not streamed or had no content. */
  readonly timeToFirstTokenMs: number | null;
  /** Mean time between two chunks of content of a stream; `null` if there were fewer than two. */
  readonly timePerOutputChunkMs: number | null;
  /** Time since the end of the previous attempt; 0 for the first. */
  readonly waitedMs: number;
  /** Wait that the response of the previous attempt asked for (`retry-after`), in milliseconds; `null` if none. */
  readonly waitAskedMs: number | null;
  /** HTTP status; `null` without a response, or if the client does not report it. */
  readonly status: number | null;
  /** Remaining rate limits by header name (`x-ratelimit-remaining-tokens`, …). */
  readonly rateLimits: Readonly<Record<string, string>>;
  readonly ending: ExchangeEnding;
  readonly finishReason: FinishReason | null;
  /** Finish reasons as the provider sent them. */
  readonly providerFinishReasons: readonly string[];
  readonly failure: Failure | null;
  /** `null` if nothing can have been billed. */
  readonly usage: Usage | null;
  /** `null` if nothing can have been billed. */
  readonly cost: Cost | null;
  /** Cost that a provider, a proxy or an SDK reported, in USD. */
  readonly providerCostUsd: number | null;
  readonly retryAfterMs: number | null;
  /** `null` without the option `content`. */
  readonly content: AttemptContent | null;
  /** Turns of an agent's loop, if the attempt stands for several requests of an agent; omitted otherwise. */
  readonly turns?: number | undefined;
}

/**
 * The cost of a call in USD: the sum over its own attempts.
 *
 * - `table`, `override`: each billed attempt has a price.
 * - `unknown`: a billed attempt has no price, or no request was observed in this call or in a nested one.
 * - `null`: nothing was billed. The attempts were refused, all requests belong to nested calls, or a budget refused the
 *   call.
 */
export type CallCost =
  | { readonly source: 'table' | 'override'; readonly costUsd: number }
  | { readonly source: 'unknown'; readonly costUsd: null }
  | { readonly source: null; readonly costUsd: 0 };

/** Batch that a record belongs to. @publicApi */
export interface BatchOrigin {
  /** Id of the results at the provider: of the batch, or of the file that was downloaded. */
  readonly id: string;
  /** Id of the item, chosen by the application; `null` for the sum of all items. */
  readonly item: string | null;
}

/**
 * Immutable record of one finished call with its attempts. Spans, logs, metrics, stores and `onCall` are derived from it.
 * Contains no keys, and no prompts or completions unless the option `content` is set.
 *
 * @publicApi
 */
export interface CallRecord {
  readonly feature: string;
  readonly operation: string;
  /** Repetition by the decorator's `retry`, from 0. */
  readonly retryIndex: number;
  readonly isRetry: boolean;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Until the last activity of the method or of its responses. */
  readonly durationMs: number;
  /** Sum of the attempts' durations. Concurrent attempts are added. */
  readonly providerTimeMs: number;
  /** Time spent waiting before retries. */
  readonly waitingTimeMs: number;
  /** From the start of the call to the first content of a stream; `null` if nothing was streamed. */
  readonly timeToFirstTokenMs: number | null;
  /** Hexadecimal ids of the call's span; `null` without an OpenTelemetry SDK. */
  readonly trace: { readonly traceId: string; readonly spanId: string } | null;
  /** From `requestContext`. */
  readonly identity: RequestIdentity;
  /** Route of the incoming request; `null` outside of requests. */
  readonly route: string | null;
  /** Attributes that the application added. */
  readonly attributes: Attributes;
  /** Of the last attempt with a response, else of the last attempt; `null` without attempts. */
  readonly provider: string | null;
  /** Response model, else the requested model. */
  readonly model: string | null;
  readonly requestModel: string | null;
  readonly parameters: RequestParameters | null;
  /** Sum over the attempts; `null` if no attempt has a usage. */
  readonly usage: Usage | null;
  readonly cost: CallCost;
  readonly providerCostUsd: number | null;
  /** Of the last attempt. */
  readonly finishReason: FinishReason | null;
  /** `true` if a token limit truncated the last response. */
  readonly truncated: boolean;
  readonly failure: Failure | null;
  /** `true` if the call started, or was refused, while a budget was used up; omitted otherwise. */
  readonly budgetExceeded?: true;
  /**
   * Set for the response to an item of a batch, and for the sum of a batch. It was read at `startedAt` and has no duration:
   * `durationMs` is 0 and not part of any latency.
   */
  readonly batch?: BatchOrigin;
  readonly attempts: readonly AttemptRecord[];
}
