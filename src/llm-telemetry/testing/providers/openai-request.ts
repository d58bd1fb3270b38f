import type { Tokenizer } from '../model/tokenizer.js';
import { textOf, type Json, type ModelRequest, type Tool } from '../model/emulated-api.js';

/** Counts tokens. Source: OpenAI cookbook, “How to count tokens with tiktoken”: 3 per message, 3 for the reply. */
export function countMessages(
  messages: readonly Json[],
  tools: readonly Json[],
  tokenizer: Tokenizer,
): number {
  let tokens = 3;
  for (const message of messages) tokens += 3 + 1 + tokenizer.count(textOf(message['content']));
  if (tools.length > 0) tokens += tokenizer.count(JSON.stringify(tools));
  return tokens;
}

/** Returns the inputs of embeddings and completions, each a text or an array of tokens. */
export function promptsOf(value: unknown): ReadonlyArray<string | readonly number[]> {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return [];
  return typeof value[0] === 'number' ? [value as number[]] : (value as Array<string | number[]>);
}

export function countPrompts(
  prompts: ReadonlyArray<string | readonly number[]>,
  tokenizer: Tokenizer,
): number {
  return prompts.reduce(
    (sum, prompt) => sum + (typeof prompt === 'string' ? tokenizer.count(prompt) : prompt.length),
    0,
  );
}

export function textOfPrompts(prompts: ReadonlyArray<string | readonly number[]>): string {
  return prompts.filter((prompt) => typeof prompt === 'string').join('\n');
}

/** OpenAI automatically caches prefixes of at least 1,024 tokens, in steps of 128 (guide “Prompt caching”). */
export function automaticPrefix(key: string, inputTokens: number): ModelRequest['cacheablePrefix'] {
  const tokens = Math.floor(inputTokens / 128) * 128;
  return tokens < 1024 ? null : { key, tokens };
}

/** Returns the tool that must be called, by name or as `required`, or `null`. */
export function forcedTool(tools: readonly Tool[], choice: unknown, named: string | undefined): Tool | null {
  if (choice !== 'required' && named === undefined) return null;
  return tools.find((tool) => named === undefined || tool.name === named) ?? null;
}

/** Source: guide “Reasoning models”: the o series and gpt-5. */
export function isReasoningModel(model: string): boolean {
  return /^(o\d|gpt-5)/.test(model);
}

/** Returns the tier used. Source: API reference, `service_tier`: `fast` is returned as `priority`. */
export function usedTier(body: Json): 'default' | 'flex' | 'priority' {
  const asked = body['service_tier'];
  if (asked === 'fast' || asked === 'priority') return 'priority';
  return asked === 'flex' ? 'flex' : 'default';
}

/** Reads a boolean of JSON, or of a form, where it is text. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

/** Cost added to a usage by a proxy. Source: OpenRouter, “Usage accounting”: `usage.cost`, in USD. */
export function proxyCost(costUsd: number | null): { cost?: number } {
  return costUsd === null ? {} : { cost: costUsd };
}
