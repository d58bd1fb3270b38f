import { emptyUsage, type UsageDraft } from '../wire/answer.js';
import type { FinishReason } from '../wire/finish-reason.js';
import { asCount, asNumber, asObject, asString, type JsonObject } from '../wire/json-value.js';
import { countsToUsage } from '../wire/to-usage.js';
import { MISSING_USAGE, type Usage } from '../wire/usage.js';

/** A response that the application records by hand: a model that is not called over HTTP. @publicApi */
export interface RecordedResponse {
  /** As in `gen_ai.provider.name`, e.g. `openai`. */
  readonly provider: string;
  readonly model: string;
  /** Token counts; a part that is left out is 0. Without any count (absent, or `{}`) the usage is `missing`. */
  readonly usage?: Partial<Omit<Usage, 'source' | 'clamped'>> | undefined;
  readonly finishReason?: FinishReason | undefined;
}

/** What was recorded by hand, as far as it makes sense. A copy: the application may use its object again. */
export interface HandRecord {
  readonly provider: string;
  readonly model: string | null;
  readonly usage: Usage;
  readonly finishReason: FinishReason | null;
}

/** Reads what the application has given, which may be anything. @throws what a getter of it throws. */
export function readRecordedResponse(response: RecordedResponse): HandRecord {
  const given = asObject(response) ?? {};
  return {
    provider: asString(given['provider']) ?? 'unknown',
    model: asString(given['model']),
    usage: readUsage(asObject(given['usage'])),
    finishReason: asString(given['finishReason']),
  };
}

function readUsage(given: JsonObject | null): Usage {
  const inputTokens = given && countIn(given, 'inputTokens');
  const outputTokens = given && countIn(given, 'outputTokens');
  if (inputTokens === null || outputTokens === null || !hasCounts(given!)) return MISSING_USAGE;
  const draft: UsageDraft = { ...emptyUsage(), inputTokens, outputTokens };
  let unreadable = false;
  for (const part of PARTS) {
    const count = countIn(given!, part);
    unreadable ||= count === null;
    draft[part] = count ?? 0;
  }
  for (const word of WORDS) draft[word] = asString(given![word]);
  const usage = countsToUsage(draft);
  return unreadable ? { ...usage, clamped: true } : usage;
}

/** Whether anything that is billed was counted. */
function hasCounts(given: JsonObject): boolean {
  return ['inputTokens', 'outputTokens', ...PARTS].some((name) => (given[name] ?? null) !== null);
}

/** 0 for what was left out, `null` for what is no number. */
function countIn(given: JsonObject, name: string): number | null {
  const value = given[name];
  if (value === undefined || value === null) return 0;
  return name === 'audioSeconds' ? asNumber(value) : asCount(value);
}

const PARTS = [
  'cachedInputTokens',
  'cacheWriteTokens5m',
  'cacheWriteTokens1h',
  'audioInputTokens',
  'imageInputTokens',
  'reasoningTokens',
  'audioOutputTokens',
  'imageOutputTokens',
  'audioSeconds',
  'webSearchRequests',
] as const satisfies ReadonlyArray<keyof Usage>;

const WORDS = ['serviceTier', 'speed', 'geo'] as const satisfies ReadonlyArray<keyof Usage>;
