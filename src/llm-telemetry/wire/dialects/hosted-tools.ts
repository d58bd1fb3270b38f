import { asArray, asCount, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { UsageDraft } from '../response-draft.js';
import type { ToolUses } from '../usage.js';

/**
 * OpenAI tools that are billed per use, by the type of their output item; the usage does not count them. Source: OpenAI
 * pricing page, “Built-in tools”: file search per call, containers per session.
 */
const BILLED_TOOLS: ReadonlyMap<string, string> = new Map([
  ['file_search_call', 'file_search'],
  ['code_interpreter_call', 'code_interpreter'],
  ['shell_call', 'shell'],
]);

/**
 * Reads uses of hosted tools from a response of the Responses API: counts if the provider sends any, else the items of
 * the output. A tool that was declared but not used is in neither.
 */
export function readHostedTools(response: JsonObject, draft: UsageDraft): void {
  const usage = asObject(response['usage']);
  if (usage && readToolCounts(usage, draft)) return;
  const items = asArray(response['output']).map(asObject);
  const searches = asCount(asObject(asObject(response['tool_usage'])?.['web_search'])?.['num_requests']);
  draft.webSearchRequests = searches ?? (items.filter(isSearch).length || draft.webSearchRequests);
  const uses: Record<string, number> = {};
  for (const item of items) {
    const tool = BILLED_TOOLS.get(asString(item?.['type']) ?? '');
    // A local shell runs on the application's machine and is free.
    if (tool === undefined || (tool === 'shell' && !isHosted(item))) continue;
    uses[tool] = (uses[tool] ?? 0) + 1;
    draft.toolUses = uses;
  }
}

/**
 * Returns whether an output item is a billed web search. Source: OpenAI API documentation, “Web search”: only search
 * actions incur a tool call cost, `open_page` and `find_in_page` do not.
 */
function isSearch(item: JsonObject | null): boolean {
  if (item?.['type'] !== 'web_search_call') return false;
  const action = asString(asObject(item['action'])?.['type']);
  return action === null || action === 'search';
}

function isHosted(item: JsonObject | null): boolean {
  return asString(asObject(item?.['environment'])?.['type'])?.startsWith('container') ?? false;
}

/**
 * Reads xAI's counts of hosted tools and of live search sources. Returns `false` if the usage has none. Source: xAI
 * documentation, “Tools” and “Models and Pricing”, “Tools pricing”; https://github.com/BerriAI/litellm/pull/30817.
 */
export function readToolCounts(usage: JsonObject, draft: UsageDraft): boolean {
  const counts = asObject(usage['server_side_tool_usage_details']);
  const sources = asCount(usage['num_sources_used']);
  if (counts === null && !sources) return false;
  const uses: Record<string, number> = {};
  if (sources) uses['live_search'] = sources;
  for (const name in counts) {
    const count = asCount(counts[name]);
    if (!count || FREE_COUNTS.has(name)) continue;
    if (name === 'web_search_calls') draft.webSearchRequests = count;
    else uses[name.replace(/_calls$/, '')] = count;
  }
  if (Object.keys(uses).length > 0) draft.toolUses = uses satisfies ToolUses;
  return counts !== null;
}

/** Charged by tokens only. */
const FREE_COUNTS: ReadonlySet<string> = new Set(['mcp_calls']);
