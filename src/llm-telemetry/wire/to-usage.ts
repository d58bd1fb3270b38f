import type { Answer, UsageDraft } from './answer.js';
import type { Usage, UsageSource } from './usage.js';

/** Bytes of UTF-8 text a token, on average. An estimate with it is right within about a third. */
const BYTES_PER_TOKEN = 4;

/** Tokens that so much text is likely to be. */
export function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/**
 * What an answer's counts amount to. Counts that the provider has not said are estimated where there is text to
 * estimate from; `inputBytes` is asked for only then. Contradictions are clamped (a part never exceeds its whole,
 * nothing is negative) and marked.
 */
export function toUsage(answer: Answer, outputSeen: boolean, inputBytes: () => number | null): Usage {
  let source: UsageSource = 'provider';
  let input = answer.usage.inputTokens;
  let output = answer.usage.outputTokens;
  if (input === null) {
    const bytes = inputBytes();
    source = bytes === null ? 'missing' : 'estimated';
    input = bytes === null ? 0 : estimateTokens(bytes);
  }
  if (output === null) {
    if (!outputSeen) source = 'missing';
    else if (source === 'provider') source = 'estimated';
    output = estimateTokens(answer.outputBytes);
  }

  return clampedUsage(answer.usage, input, output, source);
}

/** What a provider's complete counts amount to. */
export function countsToUsage(draft: UsageDraft): Usage {
  return clampedUsage(draft, draft.inputTokens ?? 0, draft.outputTokens ?? 0, 'provider');
}

function clampedUsage(draft: UsageDraft, input: number, output: number, source: UsageSource): Usage {
  const inputTokens = Math.max(0, input);
  const outputTokens = Math.max(0, output);
  const cachedInputTokens = clamp(draft.cachedInputTokens, inputTokens);
  const cacheWriteTokens1h = clamp(draft.cacheWriteTokens1h, inputTokens - cachedInputTokens);
  const cacheWriteTokens12h = clamp(
    draft.cacheWriteTokens12h,
    inputTokens - cachedInputTokens - cacheWriteTokens1h,
  );
  const cacheWriteTokens5m = clamp(
    draft.cacheWriteTokens5m,
    inputTokens - cachedInputTokens - cacheWriteTokens1h - cacheWriteTokens12h,
  );
  const uncachedTokens =
    inputTokens - cachedInputTokens - cacheWriteTokens1h - cacheWriteTokens12h - cacheWriteTokens5m;
  const audioInputTokens = clamp(draft.audioInputTokens, uncachedTokens);
  const imageInputTokens = clamp(draft.imageInputTokens, uncachedTokens - audioInputTokens);
  const reasoningTokens = clamp(draft.reasoningTokens, outputTokens);
  const audioOutputTokens = clamp(draft.audioOutputTokens, outputTokens);
  const imageOutputTokens = clamp(draft.imageOutputTokens, outputTokens - audioOutputTokens);
  const audioSeconds = Math.max(0, draft.audioSeconds);
  const webSearchRequests = Math.max(0, draft.webSearchRequests);
  const clamped =
    inputTokens !== input ||
    outputTokens !== output ||
    cachedInputTokens !== draft.cachedInputTokens ||
    cacheWriteTokens1h !== draft.cacheWriteTokens1h ||
    cacheWriteTokens12h !== draft.cacheWriteTokens12h ||
    cacheWriteTokens5m !== draft.cacheWriteTokens5m ||
    audioInputTokens !== draft.audioInputTokens ||
    imageInputTokens !== draft.imageInputTokens ||
    reasoningTokens !== draft.reasoningTokens ||
    audioOutputTokens !== draft.audioOutputTokens ||
    imageOutputTokens !== draft.imageOutputTokens ||
    audioSeconds !== draft.audioSeconds ||
    webSearchRequests !== draft.webSearchRequests;

  return {
    inputTokens,
    cachedInputTokens,
    cacheWriteTokens5m,
    cacheWriteTokens1h,
    cacheWriteTokens12h,
    audioInputTokens,
    imageInputTokens,
    outputTokens,
    reasoningTokens,
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
