import type { FinishReason } from './finish-reason.js';
import { NO_COUNTS, NO_TOOLS, type ToolUses, type UsageCounts, type UsagePartWith } from './usage.js';

/**
 * State of a provider's response as read so far. A format fills it in from a JSON body or event by event; values that
 * were not sent stay `null`.
 */
export interface ResponseDraft {
  /** The provider's response ID. */
  id: string | null;
  /** Response model, as the provider names it. */
  model: string | null;
  /** Normalized finish reason. */
  finish: FinishReason | null;
  /** Finish reasons as the provider names them, one for each choice. */
  finishReasons: string[];
  /** Error inside the response: its code and type, never its text (it can quote the prompt). */
  error: ProviderError | null;
  usage: UsageDraft;
  /** Counts of each step if several models worked on the response. `usage` is their sum. */
  iterations: ReadonlyArray<{ readonly model: string | null; readonly usage: UsageDraft }> | null;
  /** Turns of an agent's loop that the response stands for; `null` if it is the response to one request. */
  turns: number | null;
  /** Input of the requests that `usage` is the sum of; `null` if it is the usage of one request. */
  requestInputs: RequestInputs | null;
  /**
   * `true` if the response has content: text, a tool call, an image, a vector. `null`: unknown, because the format does
   * not report it or the response has an unexpected shape.
   */
  hasContent: boolean | null;
  /** UTF-8 bytes of generated text, for an estimate if no usage is reported. */
  outputBytes: number;
  /** Events with generated content. */
  outputChunks: number;
  /** `true` once the provider has marked the response as complete. */
  complete: boolean;
}

/**
 * Bounds of the input tokens of each of several requests: prices for long contexts depend on the input of one request, not
 * on the sum.
 */
export interface RequestInputs {
  readonly least: number;
  readonly most: number;
}

/** Condition that a provider reports only in the text of an error. */
export type ErrorHint = 'context_window_exceeded' | 'quota_exhausted' | 'content_filter';

/** The machine-readable part of a provider's error. */
export interface ProviderError {
  readonly code: string | null;
  readonly type: string | null;
  /** Condition that the provider reports only in the error text, recognized without keeping the text. */
  readonly hint: ErrorHint | null;
  /** HTTP status that the error names, for errors inside a successful response. */
  readonly status?: number | undefined;
  /** Requested retry delay in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Counts read so far: totals are `null` until they are reported. */
type DraftCounts = {
  -readonly [Name in keyof UsageCounts]: Name extends TotalName ? number | null : number;
};
type TotalName = UsagePartWith<{ readonly kind: 'total' }>;

/** Token counts read so far; `null`: not reported yet. Units and meaning are those of `Usage`. */
export interface UsageDraft extends DraftCounts {
  toolUses: ToolUses;
  serviceTier: string | null;
  speed: string | null;
  geo: string | null;
  /** Cost of the response as reported by the provider or a proxy, in USD. */
  providerCostUsd: number | null;
  /**
   * All tokens as reported by the provider, to determine which parts its other counts contain (`usage-arithmetic.ts`).
   * Only set by formats whose total is the sum of input and output.
   */
  totalTokens: number | null;
  /** Input tokens of hosted tools that are part of the input only if the total includes them. */
  toolInputTokens: number;
  /** `true` if a reported value is invalid and was ignored, such as a negative cost. */
  invalid: boolean;
}

export function emptyResponse(): ResponseDraft {
  return {
    id: null,
    model: null,
    finish: null,
    finishReasons: [],
    error: null,
    usage: emptyUsage(),
    iterations: null,
    turns: null,
    requestInputs: null,
    hasContent: null,
    outputBytes: 0,
    outputChunks: 0,
    complete: false,
  };
}

const EMPTY_USAGE: Readonly<UsageDraft> = {
  ...NO_COUNTS,
  inputTokens: null,
  outputTokens: null,
  toolUses: NO_TOOLS,
  serviceTier: null,
  speed: null,
  geo: null,
  providerCostUsd: null,
  totalTokens: null,
  toolInputTokens: 0,
  invalid: false,
};

export function emptyUsage(): UsageDraft {
  return { ...EMPTY_USAGE };
}
