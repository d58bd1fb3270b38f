import type { FinishReason } from './finish-reason.js';
import { NO_COUNTS, NO_TOOLS, type ToolUses, type UsageCounts, type UsagePartWith } from './usage.js';

/**
 * What has been read of a provider's answer so far. A format fills it in from a JSON body or event by event; what was
 * not said stays `null`.
 */
export interface Answer {
  /** The provider's id of this answer. */
  id: string | null;
  /** The model that answered, as the provider names it. */
  model: string | null;
  /** Normalised finish reason. */
  finish: FinishReason | null;
  /** The provider's own finish reasons, one for each choice. */
  finishReasons: string[];
  /** An error that came inside the answer: its code and type, never its text (it can quote the prompt). */
  error: ProviderError | null;
  usage: UsageDraft;
  /** Where several models have worked on the answer: the counts of each step, of which `usage` is the sum. */
  iterations: ReadonlyArray<{ readonly model: string | null; readonly usage: UsageDraft }> | null;
  /**
   * Whether there is anything in it: text, a tool call, a picture, a vector. `null`: not known, since the format does not
   * say or the answer is not of its shape.
   */
  hasContent: boolean | null;
  /** UTF-8 bytes of generated text seen, for an estimate where no usage comes. */
  outputBytes: number;
  /** Events that carried generated content. */
  outputChunks: number;
  /** True once the provider has said that this answer is complete. */
  complete: boolean;
}

/** The machine-readable part of a provider's error. */
export interface ProviderError {
  readonly code: string | null;
  readonly type: string | null;
  /** A condition that the provider tells only by its text, recognised without keeping the text. */
  readonly hint: 'context_window_exceeded' | 'quota_exhausted' | 'content_filter' | null;
}

/** Counts as they come in: totals are `null` until they are said. */
type DraftCounts = {
  -readonly [Name in keyof UsageCounts]: Name extends TotalName ? number | null : number;
};
type TotalName = UsagePartWith<{ readonly kind: 'total' }>;

/** Token counts as they come in; `null`: not said yet. Units and meaning are those of `Usage`. */
export interface UsageDraft extends DraftCounts {
  toolUses: ToolUses;
  serviceTier: string | null;
  speed: string | null;
  geo: string | null;
  /** What a proxy itself says that the answer cost, in USD. */
  providerCostUsd: number | null;
}

export function emptyAnswer(): Answer {
  return {
    id: null,
    model: null,
    finish: null,
    finishReasons: [],
    error: null,
    usage: emptyUsage(),
    iterations: null,
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
};

export function emptyUsage(): UsageDraft {
  return { ...EMPTY_USAGE };
}
