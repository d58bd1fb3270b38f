/**
 * Where token counts come from. `estimated`: at least one of input and output is estimated from the text. `missing`: the
 * provider sent none, and there is nothing to estimate them from; all counts are 0.
 */
export type UsageSource = 'provider' | 'estimated' | 'missing';

/** How often each tool was used, by its name. */
export type ToolUses = Readonly<Record<string, number>>;

/** What nearly all answers have used: one object for all of them. */
export const NO_TOOLS: ToolUses = Object.freeze({});

/**
 * Token counts of one attempt, the same shape for every provider. A part never exceeds its whole: cached and cache
 * write tokens are parts of the input, reasoning tokens are a part of the output. All counts are whole tokens.
 *
 * @publicApi
 */
export interface Usage {
  /** All input tokens, those read from and written to a cache included. */
  readonly inputTokens: number;
  /** The part of the input that was read from the provider's prompt cache; `null` if the input is not the provider's count. */
  readonly cachedInputTokens: number | null;
  /** The part of the input that was written to a cache kept for five minutes (or for the provider's default time). */
  readonly cacheWriteTokens5m: number;
  /** The part of the input that was written to a cache kept for one hour. */
  readonly cacheWriteTokens1h: number;
  /** The part of the input that was written to a cache kept for twelve hours. */
  readonly cacheWriteTokens12h: number;
  /** The part of the input that was audio. */
  readonly audioInputTokens: number;
  /** The part of the input that was images; 0 where the provider does not tell. */
  readonly imageInputTokens: number;
  /** All output tokens, reasoning included. */
  readonly outputTokens: number;
  /** The part of the output that was reasoning ("thinking"); `null` if the output is not the provider's count. */
  readonly reasoningTokens: number | null;
  /** The part of the output that was audio. */
  readonly audioOutputTokens: number;
  /** The part of the output that was images. */
  readonly imageOutputTokens: number;
  /** Audio that was billed by its length instead of by tokens, in seconds. */
  readonly audioSeconds: number;
  /** Web searches that the provider ran and bills for, a number of requests. */
  readonly webSearchRequests: number;
  /** Other tools that the provider ran and charges for besides the tokens: how often, by name (`file_search`, …). */
  readonly toolUses: ToolUses;
  /** The service tier that answered, in the provider's word; `null` when it named none. */
  readonly serviceTier: string | null;
  /** Anthropic's `speed`, in its word; `null` when it named none. */
  readonly speed: string | null;
  /** Anthropic's `inference_geo`, in its word; `null` when it named none. */
  readonly geo: string | null;
  /** True when the provider's figures contradicted each other and were clamped. */
  readonly clamped: boolean;
  readonly source: UsageSource;
}

/** A usage of nothing: what counts of a kind that was not said are. */
export const NO_USAGE: Usage = Object.freeze({
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens5m: 0,
  cacheWriteTokens1h: 0,
  cacheWriteTokens12h: 0,
  audioInputTokens: 0,
  imageInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  audioOutputTokens: 0,
  imageOutputTokens: 0,
  audioSeconds: 0,
  webSearchRequests: 0,
  toolUses: NO_TOOLS,
  serviceTier: null,
  speed: null,
  geo: null,
  clamped: false,
  source: 'provider',
});

/** The usage of an answer whose counts are not known: its zeros mean nothing. */
export const MISSING_USAGE: Usage = Object.freeze({
  ...NO_USAGE,
  cachedInputTokens: null,
  reasoningTokens: null,
  source: 'missing',
});
