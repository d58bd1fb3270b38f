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
 * Who a request is served for, as the application says it. Put on spans and into the store, never into logs, and into
 * metrics only where the application asks for it.
 *
 * @publicApi
 */
export interface RequestIdentity {
  /** Becomes `user.id`. */
  readonly userId?: string | undefined;
  /** Becomes `llm.tenant`. */
  readonly tenantId?: string | undefined;
  /** Becomes `session.id`. */
  readonly sessionId?: string | undefined;
}

/** How a call or an attempt failed. @publicApi */
export interface Failure {
  readonly type: LlmErrorType;
  /** The error's class name, or the type again where there was no error object. Never its message. */
  readonly errorClass: string;
}

/**
 * The account of one HTTP request to a provider, or of one response recorded by hand.
 *
 * @publicApi
 */
export interface AttemptRecord {
  /** Its ordinal within the call, from 0. */
  readonly attempt: number;
  /** Whether it repeats the one before. */
  readonly isRetry: boolean;
  /** `gen_ai.operation.name`. */
  readonly operation: string;
  readonly provider: string;
  readonly requestModel: string | null;
  readonly responseModel: string | null;
  readonly responseId: string | null;
  /** The provider's id of the request. */
  readonly requestId: string | null;
  readonly server: { readonly address: string; readonly port: number | null } | null;
  readonly parameters: RequestParameters;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Until the last byte. */
  readonly durationMs: number;
  /** Until the first bytes of a stream's body, of whatever they are; `null` where it was not streamed. */
  readonly timeToFirstChunkMs: number | null;
  /** Until the first content of a stream; `null` where it was not streamed or none came. */
  readonly timeToFirstTokenMs: number | null;
  /** The mean time between two chunks of content of a stream; `null` where there were none. */
  readonly timePerOutputChunkMs: number | null;
  /** Time between the end of the attempt before and this one; 0 for the first. */
  readonly waitedMs: number;
  /** How long the attempt before was told to wait (`retry-after`), in milliseconds; `null`: it was not told. */
  readonly waitAskedMs: number | null;
  /** HTTP status; `null` where there was no response. */
  readonly status: number | null;
  /** What the provider says is left of its limits, by the header's name (`x-ratelimit-remaining-tokens`, …). */
  readonly rateLimits: Readonly<Record<string, string>>;
  readonly ending: ExchangeEnding;
  readonly finishReason: FinishReason | null;
  /** The provider's own words for it. */
  readonly providerFinishReasons: readonly string[];
  readonly failure: Failure | null;
  /** `null` where nothing can have been billed. */
  readonly usage: Usage | null;
  /** `null` where nothing can have been billed. */
  readonly cost: Cost | null;
  /** What a proxy itself said that the answer cost, in USD. */
  readonly providerCostUsd: number | null;
  readonly retryAfterMs: number | null;
  /** `null` unless the application has asked for it with the option `content`. */
  readonly content: AttemptContent | null;
}

/**
 * The cost of a call in USD: the sum over its own attempts.
 *
 * - `table`, `override`: each billed attempt has a price.
 * - `unknown`: a billed attempt has no price, or no request was observed, in this call or in one nested in it.
 * - `null`: nothing was billed. The attempts were refused, the requests belong to nested calls, or a budget refused the
 *   call.
 */
export type CallCost =
  | { readonly source: 'table' | 'override'; readonly costUsd: number }
  | { readonly source: 'unknown'; readonly costUsd: null }
  | { readonly source: null; readonly costUsd: 0 };

/**
 * The immutable account of one finished call with its attempts: what spans, logs, metrics, stores and your own `onCall`
 * are made from. It holds no prompt, no completion and no key, unless the
 * option `content` asks for them.
 *
 * @publicApi
 */
export interface CallRecord {
  readonly feature: string;
  readonly operation: string;
  /** The run of the decorator's `retry`, from 0. */
  readonly retryIndex: number;
  readonly isRetry: boolean;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Until the last activity of the method or of its answers. */
  readonly durationMs: number;
  /** The sum of the attempts' durations: what the provider took. Attempts at the same time each count. */
  readonly providerTimeMs: number;
  /** Time spent waiting before attempts that repeat others. */
  readonly waitingTimeMs: number;
  /** From the start of the call to the first content of a stream; `null` where nothing was streamed. */
  readonly timeToFirstTokenMs: number | null;
  /** Hexadecimal ids of the call's span; `null` without an OpenTelemetry SDK. */
  readonly trace: { readonly traceId: string; readonly spanId: string } | null;
  /** Who it was for, where the application says so. */
  readonly identity: RequestIdentity;
  /** The route of the request that it was part of. */
  readonly route: string | null;
  /** What the application added. */
  readonly attributes: Attributes;
  /** Of the last attempt that answered, else of the last attempt; `null` without any attempt. */
  readonly provider: string | null;
  /** The model that answered, else the one asked for. */
  readonly model: string | null;
  readonly requestModel: string | null;
  readonly parameters: RequestParameters | null;
  /** Sum over the attempts; `null` where no attempt has any. */
  readonly usage: Usage | null;
  readonly cost: CallCost;
  readonly providerCostUsd: number | null;
  /** Of the last attempt. */
  readonly finishReason: FinishReason | null;
  /** True where a token limit cut off the last answer. */
  readonly truncated: boolean;
  readonly failure: Failure | null;
  /** It began, or was refused, while a budget was used up. Absent where it did not. */
  readonly budgetExceeded?: true;
  readonly attempts: readonly AttemptRecord[];
}
