import { emptyUsage } from '../wire/response-draft.js';
import { boundedToolUses } from '../wire/bound-response.js';
import { boundedName } from '../text/bounded-name.js';
import type { FinishReason } from '../wire/finish-reason.js';
import { asCount, asObject, asQuantity, asString, type JsonObject } from '../wire/json/json-value.js';
import { countsToUsage } from '../wire/to-usage.js';
import {
  MISSING_USAGE,
  NO_TOOLS,
  USAGE_PART_NAMES,
  type ToolUses,
  type Usage,
  type UsagePartName,
} from '../wire/usage.js';
import { USAGE_PARTS } from '../wire/usage-table.js';

/** Response that the application records itself, for a model that is not called over HTTP. @publicApi */
export interface RecordedResponse {
  /** Provider name as in `gen_ai.provider.name`, such as `openai`. */
  readonly provider: string;
  readonly model: string;
  /** Token counts; omitted parts are 0. Without any count (absent or `{}`), the usage is `missing`. */
  readonly usage?: Partial<Omit<Usage, 'source' | 'clamped' | 'derived'>> | undefined;
  readonly finishReason?: FinishReason | undefined;
}

/** Validated copy of a `RecordedResponse`, since the application may reuse its object. */
export interface HandRecord {
  readonly provider: string;
  readonly model: string | null;
  readonly usage: Usage;
  readonly finishReason: FinishReason | null;
}

/** Reads a response of the application, which can be any value. @throws errors of its getters. */
export function readRecordedResponse(response: RecordedResponse): HandRecord {
  const given = asObject(response) ?? {};
  return {
    provider: asName(given['provider']) ?? 'unknown',
    model: asName(given['model']),
    usage: readUsage(asObject(given['usage'])),
    finishReason: asName(given['finishReason']),
  };
}

function asName(value: unknown): string | null {
  const name = asString(value);
  return name === null ? null : boundedName(name);
}

function readUsage(given: JsonObject | null): Usage {
  const inputTokens = given && countIn(given, 'inputTokens');
  const outputTokens = given && countIn(given, 'outputTokens');
  if (inputTokens === null || outputTokens === null || !hasCounts(given!)) return MISSING_USAGE;
  const draft = emptyUsage();
  let unreadable = false;
  for (const part of USAGE_PART_NAMES) {
    const count = countIn(given!, part);
    unreadable ||= count === null;
    draft[part] = count ?? 0;
  }
  for (const word of WORDS) draft[word] = asName(given![word]);
  const tools = readToolUses(given!['toolUses']);
  if (tools) draft.toolUses = boundedToolUses(tools);
  const usage = countsToUsage(draft);
  return unreadable || tools === null ? { ...usage, clamped: true } : usage;
}

/** Returns whether any billed count is present. */
function hasCounts(given: JsonObject): boolean {
  return [...USAGE_PART_NAMES, 'toolUses'].some((name) => (given[name] ?? null) !== null);
}

/** Returns `null` if a count is not readable. Uses of 0 are omitted: nothing is charged for them. */
function readToolUses(given: unknown): ToolUses | null {
  if (given === undefined || given === null) return NO_TOOLS;
  const counts = Object.entries(asObject(given) ?? { '': null }).map(
    ([tool, uses]) => [tool, asCount(uses)] as const,
  );
  if (counts.some(([, uses]) => uses === null || uses < 0)) return null;
  const used = counts.filter(([, uses]) => uses !== 0);
  return used.length === 0 ? NO_TOOLS : (Object.fromEntries(used) as ToolUses);
}

/** Returns 0 if the count is absent, `null` if it is not a number. */
function countIn(given: JsonObject, name: UsagePartName): number | null {
  const value = given[name];
  if (value === undefined || value === null) return 0;
  return USAGE_PARTS[name].kind === 'seconds' ? asQuantity(value) : asCount(value);
}

/** Fields of a usage that select its price. The compiler checks that no field is missing. */
const WORDS = Object.keys({
  serviceTier: true,
  speed: true,
  geo: true,
} satisfies Record<WordName, true>) as WordName[];

type WordName = Exclude<keyof NonNullable<RecordedResponse['usage']>, UsagePartName | 'toolUses'>;
