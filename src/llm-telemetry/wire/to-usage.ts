import type { Answer, UsageDraft } from './answer.js';
import { MISSING_USAGE, type Usage, type UsageSource } from './usage.js';

/** Bytes of UTF-8 text a token, on average. An estimate with it is right within about a third. */
const BYTES_PER_TOKEN = 4;

/** Tokens that so much text is likely to be. */
export function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/**
 * Returns the usage of an answer. Counts that the provider did not send are estimated if there is text to estimate
 * from; `inputBytes` is called only then. If one of the two cannot be estimated, the usage is `missing` and has no
 * counts. Contradictions are clamped (a part never exceeds its whole, nothing is negative) and flagged.
 */
export function toUsage(answer: Answer, outputSeen: boolean, inputBytes: () => number | null): Usage {
  const { usage } = answer;
  if (usage.outputTokens === null && !outputSeen) return missing(usage);
  let input = usage.inputTokens;
  if (input === null) {
    const bytes = inputBytes();
    if (bytes === null) return missing(usage);
    input = estimateTokens(bytes);
  }
  const output = usage.outputTokens ?? estimateTokens(answer.outputBytes);
  const source = usage.inputTokens === null || usage.outputTokens === null ? 'estimated' : 'provider';
  return clampedUsage(usage, input, output, source);
}

/** No counts at all: a part of them would read as the whole. What names a price is kept. */
function missing({ serviceTier, speed, geo }: UsageDraft): Usage {
  return { ...MISSING_USAGE, serviceTier, speed, geo };
}

/** Returns the usage of a provider's complete counts. */
export function countsToUsage(draft: UsageDraft): Usage {
  const { inputTokens, outputTokens } = draft;
  const complete = { ...draft, inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0 };
  return clampedUsage(complete, complete.inputTokens, complete.outputTokens, 'provider');
}

function clampedUsage(draft: UsageDraft, input: number, output: number, source: UsageSource): Usage {
  const inputTokens = Math.max(0, input);
  const outputTokens = Math.max(0, output);
  const cached = clamp(draft.cachedInputTokens, inputTokens);
  const cacheWriteTokens1h = clamp(draft.cacheWriteTokens1h, inputTokens - cached);
  const cacheWriteTokens12h = clamp(draft.cacheWriteTokens12h, inputTokens - cached - cacheWriteTokens1h);
  const cacheWriteTokens5m = clamp(
    draft.cacheWriteTokens5m,
    inputTokens - cached - cacheWriteTokens1h - cacheWriteTokens12h,
  );
  const uncachedTokens = inputTokens - cached - cacheWriteTokens1h - cacheWriteTokens12h - cacheWriteTokens5m;
  const audioInputTokens = clamp(draft.audioInputTokens, uncachedTokens);
  const imageInputTokens = clamp(draft.imageInputTokens, uncachedTokens - audioInputTokens);
  const reasoning = clamp(draft.reasoningTokens, outputTokens);
  const audioOutputTokens = clamp(draft.audioOutputTokens, outputTokens);
  const imageOutputTokens = clamp(draft.imageOutputTokens, outputTokens - audioOutputTokens);
  const audioSeconds = Math.max(0, draft.audioSeconds);
  const webSearchRequests = Math.max(0, draft.webSearchRequests);
  const clamped =
    inputTokens !== input ||
    outputTokens !== output ||
    cached !== draft.cachedInputTokens ||
    cacheWriteTokens1h !== draft.cacheWriteTokens1h ||
    cacheWriteTokens12h !== draft.cacheWriteTokens12h ||
    cacheWriteTokens5m !== draft.cacheWriteTokens5m ||
    audioInputTokens !== draft.audioInputTokens ||
    imageInputTokens !== draft.imageInputTokens ||
    reasoning !== draft.reasoningTokens ||
    audioOutputTokens !== draft.audioOutputTokens ||
    imageOutputTokens !== draft.imageOutputTokens ||
    audioSeconds !== draft.audioSeconds ||
    webSearchRequests !== draft.webSearchRequests;

  return {
    inputTokens,
    // What a provider says nothing of is a part of 0; what it has not said yet is not known.
    cachedInputTokens: draft.inputTokens === null ? null : cached,
    cacheWriteTokens5m,
    cacheWriteTokens1h,
    cacheWriteTokens12h,
    audioInputTokens,
    imageInputTokens,
    outputTokens,
    reasoningTokens: draft.outputTokens === null ? null : reasoning,
    audioOutputTokens,
    imageOutputTokens,
    audioSeconds,
    webSearchRequests,
    toolUses: draft.toolUses,
    serviceTier: draft.serviceTier,
    speed: draft.speed,
    geo: draft.geo,
    clamped,
    source,
  };
}

function clamp(part: number, whole: number): number {
  return Math.min(Math.max(0, part), whole);
}
