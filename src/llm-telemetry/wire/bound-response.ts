import type { ResponseDraft, UsageDraft } from './response-draft.js';
import { boundedName, boundedNames, MAX_NAMES } from '../text/bounded-name.js';
import type { ToolUses } from './usage.js';

/**
 * Bounds all strings and lists of a response, because records and spans retain them. Called once, when the exchange
 * ends.
 */
export function boundResponse(response: ResponseDraft): void {
  response.id = bounded(response.id);
  response.model = bounded(response.model);
  response.finish = bounded(response.finish);
  if (response.finishReasons.length > 0) response.finishReasons = boundedNames(response.finishReasons);
  boundUsage(response.usage);
  if (response.iterations === null) return;
  response.iterations = response.iterations.slice(0, MAX_NAMES).map(({ model, usage }) => {
    boundUsage(usage);
    return { model: bounded(model), usage };
  });
}

function boundUsage(usage: UsageDraft): void {
  usage.serviceTier = bounded(usage.serviceTier);
  usage.speed = bounded(usage.speed);
  usage.geo = bounded(usage.geo);
  usage.toolUses = boundedToolUses(usage.toolUses);
}

/** Returns the uses of at most `MAX_NAMES` tools; the same object if nothing is cut. */
export function boundedToolUses(uses: ToolUses): ToolUses {
  let tools = 0;
  for (const tool in uses) {
    if (++tools > MAX_NAMES || boundedName(tool) !== tool) return cutToolUses(uses);
  }
  return uses;
}

function cutToolUses(uses: ToolUses): ToolUses {
  const cut = new Map<string, number>();
  for (const [tool, count] of Object.entries(uses).slice(0, MAX_NAMES)) {
    const name = boundedName(tool);
    cut.set(name, (cut.get(name) ?? 0) + count);
  }
  return Object.fromEntries(cut);
}

function bounded(name: string | null): string | null {
  return name === null ? null : boundedName(name);
}
