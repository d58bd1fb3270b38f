import { asCount, asObject, type JsonObject } from '../json/json-value.js';
import type { UsageDraft } from '../response-draft.js';

/** Counts of a usage that dialects report under different names. */
type UsageCount =
  | 'inputTokens'
  | 'outputTokens'
  | 'totalTokens'
  | 'cachedInputTokens'
  | 'cacheWriteTokens5m'
  | 'audioInputTokens'
  | 'imageInputTokens'
  | 'reasoningTokens'
  | 'audioOutputTokens'
  | 'imageOutputTokens'
  | 'webSearchRequests';

/** Row of a table of usage members: where a dialect reports a count. */
export interface UsageMember {
  readonly count: UsageCount;
  /** Object that contains the member; `null` for the usage itself. */
  readonly within: string | null;
  readonly member: string;
}

const OPENAI = 'prompt_tokens_details';
const OPENAI_OUTPUT = 'completion_tokens_details';

/**
 * Members of the usage of Chat Completions and Completions. Of several members with the same count, the first one that
 * is present applies; they are adjacent.
 */
export const CHAT_USAGE_MEMBERS: readonly UsageMember[] = [
  // OpenAI API reference, “Chat Completions”; types of openai 7 (`CompletionUsage`).
  { count: 'inputTokens', within: null, member: 'prompt_tokens' },
  // Servers that use one usage for Chat Completions and Responses.
  { count: 'inputTokens', within: null, member: 'input_tokens' },
  { count: 'outputTokens', within: null, member: 'completion_tokens' },
  { count: 'outputTokens', within: null, member: 'output_tokens' },
  { count: 'totalTokens', within: null, member: 'total_tokens' },
  { count: 'cachedInputTokens', within: OPENAI, member: 'cached_tokens' },
  // DeepSeek API documentation, “Context Caching”.
  { count: 'cachedInputTokens', within: null, member: 'prompt_cache_hit_tokens' },
  // Moonshot API documentation, “Chat”, response.
  { count: 'cachedInputTokens', within: null, member: 'cached_tokens' },
  // Mistral API reference, “Chat”. https://github.com/vercel/ai/issues/14382
  { count: 'cachedInputTokens', within: 'prompt_token_details', member: 'cached_tokens' },
  { count: 'cachedInputTokens', within: null, member: 'num_cached_tokens' },
  // Gateways to Anthropic. https://github.com/Portkey-AI/gateway/pull/1754
  { count: 'cachedInputTokens', within: null, member: 'cache_read_input_tokens' },
  // OpenAI; OpenRouter documentation, “Usage Accounting”.
  { count: 'cacheWriteTokens5m', within: OPENAI, member: 'cache_write_tokens' },
  // LiteLLM documentation, “Prompt Caching”.
  { count: 'cacheWriteTokens5m', within: OPENAI, member: 'cache_creation_tokens' },
  // Alibaba Cloud Model Studio documentation, “Context Cache”.
  { count: 'cacheWriteTokens5m', within: OPENAI, member: 'cache_creation_input_tokens' },
  // Gateways to Anthropic, as above.
  { count: 'cacheWriteTokens5m', within: null, member: 'cache_creation_input_tokens' },
  { count: 'audioInputTokens', within: OPENAI, member: 'audio_tokens' },
  // OpenRouter and LiteLLM pass on the modalities of Gemini. https://github.com/BerriAI/litellm/issues/17410
  { count: 'imageInputTokens', within: OPENAI, member: 'image_tokens' },
  { count: 'reasoningTokens', within: OPENAI_OUTPUT, member: 'reasoning_tokens' },
  // SGLang, `UsageInfo`; Perplexity API reference. https://github.com/sgl-project/sglang/pull/17156
  { count: 'reasoningTokens', within: null, member: 'reasoning_tokens' },
  { count: 'audioOutputTokens', within: OPENAI_OUTPUT, member: 'audio_tokens' },
  { count: 'imageOutputTokens', within: OPENAI_OUTPUT, member: 'image_tokens' },
  // Types of @openrouter/sdk 1.3 (`ChatUsage`, `ServerToolUseDetails`).
  { count: 'webSearchRequests', within: 'server_tool_use_details', member: 'web_search_requests' },
];

/** Members of the usage of Responses. Source: OpenAI API reference, “Responses”; types of openai 7 (`ResponseUsage`). */
export const RESPONSES_USAGE_MEMBERS: readonly UsageMember[] = [
  { count: 'inputTokens', within: null, member: 'input_tokens' },
  // SGLang, `UsageInfo`. https://github.com/sgl-project/sglang/issues/10012
  { count: 'inputTokens', within: null, member: 'prompt_tokens' },
  { count: 'outputTokens', within: null, member: 'output_tokens' },
  { count: 'outputTokens', within: null, member: 'completion_tokens' },
  { count: 'totalTokens', within: null, member: 'total_tokens' },
  { count: 'cachedInputTokens', within: 'input_tokens_details', member: 'cached_tokens' },
  { count: 'cachedInputTokens', within: OPENAI, member: 'cached_tokens' },
  { count: 'reasoningTokens', within: 'output_tokens_details', member: 'reasoning_tokens' },
  { count: 'reasoningTokens', within: null, member: 'reasoning_tokens' },
  // Types of @openrouter/sdk 1.3 (`OpenResponsesResult`).
  { count: 'webSearchRequests', within: 'server_tool_use_details', member: 'web_search_requests' },
];

/** Row of a table, with its position: of the members with one count, the first row that is present applies. */
interface Ranked {
  readonly rank: number;
  readonly count: UsageCount;
  /** Position of the count among all counts. */
  readonly index: number;
  readonly isTotal: boolean;
}

/** Index of a table by names: a usage has few members, a table many rows. */
interface Index {
  readonly own: ReadonlyMap<string, Ranked>;
  readonly within: ReadonlyMap<string, ReadonlyMap<string, Ranked>>;
  /** Members of the usage itself with the input, best first. */
  readonly inputs: readonly string[];
}

const COUNTS: readonly UsageCount[] = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cachedInputTokens',
  'cacheWriteTokens5m',
  'audioInputTokens',
  'imageInputTokens',
  'reasoningTokens',
  'audioOutputTokens',
  'imageOutputTokens',
  'webSearchRequests',
];

const TOTALS: ReadonlySet<UsageCount> = new Set(['inputTokens', 'outputTokens', 'totalTokens']);

const indexes = new WeakMap<readonly UsageMember[], Index>();

function indexOf(members: readonly UsageMember[]): Index {
  const known = indexes.get(members);
  if (known) return known;
  const own = new Map<string, Ranked>();
  const within = new Map<string, Map<string, Ranked>>();
  for (const [rank, row] of members.entries()) {
    const { count } = row;
    const ranked = { rank, count, index: COUNTS.indexOf(count), isTotal: TOTALS.has(count) };
    if (row.within === null) own.set(row.member, ranked);
    else
      within.set(row.within, (within.get(row.within) ?? new Map<string, Ranked>()).set(row.member, ranked));
  }
  const inputs = members.filter(({ count }) => count === 'inputTokens').map(({ member }) => member);
  const index: Index = { own, within, inputs };
  indexes.set(members, index);
  return index;
}

/**
 * Members of the usage of DashScope beside those of Chat Completions. The parts of the input are also reported at the top.
 * Source: Alibaba Cloud Model Studio documentation, “DashScope API reference”, `usage`.
 */
export const DASHSCOPE_USAGE_MEMBERS: readonly UsageMember[] = [
  { count: 'imageInputTokens', within: 'input_tokens_details', member: 'image_tokens' },
  { count: 'imageInputTokens', within: null, member: 'image_tokens' },
  { count: 'audioInputTokens', within: 'input_tokens_details', member: 'audio_tokens' },
  { count: 'audioInputTokens', within: null, member: 'audio_tokens' },
  { count: 'reasoningTokens', within: 'output_tokens_details', member: 'reasoning_tokens' },
  { count: 'audioOutputTokens', within: 'output_tokens_details', member: 'audio_tokens' },
];

/**
 * Reads the members of a usage. Counts without a member keep their value, because streams repeat a part of them. No request
 * has an input of 0 tokens: servers that do not count send it, so totals of 0 are then not reported either. A usage with a
 * cost is one that was counted, for example of a response from a gateway's cache.
 */
export function readUsageMembers(
  usage: JsonObject,
  draft: UsageDraft,
  members: readonly UsageMember[],
): void {
  const { own, within, inputs } = indexOf(members);
  const isUncounted = inputOf(usage, inputs) === 0 && (usage['cost'] ?? null) === null;
  ranks.fill(NOT_READ);
  // oxlint-disable-next-line guard-for-in -- names without a row are skipped
  for (const name in usage) {
    const reported = usage[name];
    if (typeof reported !== 'object') {
      const row = own.get(name);
      if (row !== undefined) take(row, reported, isUncounted, draft);
      continue;
    }
    const object = asObject(reported);
    const rows = object && within.get(name);
    if (!rows) continue;
    // oxlint-disable-next-line guard-for-in -- names without a row are skipped
    for (const member in object) {
      const row = rows.get(member);
      if (row !== undefined) take(row, object[member], isUncounted, draft);
    }
  }
}

/** Ranks of the members that were read, by the index of their count. Reused, because reading is synchronous. */
const ranks = new Uint8Array(COUNTS.length);
const NOT_READ = 0xff;

function take(row: Ranked, reported: unknown, isUncounted: boolean, draft: UsageDraft): void {
  const value = asCount(reported);
  if (value === null || (value === 0 && isUncounted && row.isTotal)) return;
  if (row.rank > ranks[row.index]!) return;
  ranks[row.index] = row.rank;
  draft[row.count] = value;
}

function inputOf(usage: JsonObject, inputs: readonly string[]): number | null {
  for (const member of inputs) {
    const count = asCount(usage[member]);
    if (count !== null) return count;
  }
  return null;
}
