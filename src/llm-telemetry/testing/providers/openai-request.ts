import type { Tokenizer } from '../tokenizer.js';
import { textOf, type Json, type ModelRequest, type Tool } from './provider.js';

/** What requests of OpenAI's APIs have in common. */

/** Tokens of a list of messages. Source: OpenAI cookbook, “How to count tokens with tiktoken”: 3 a message, 3 for the reply. */
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

/** The texts, or the tokens as such, that embeddings and completions are given: one, or several. */
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

/** OpenAI caches prefixes of 1,024 tokens and more by itself, in steps of 128 (guide “Prompt caching”). */
export function automaticPrefix(key: string, inputTokens: number): ModelRequest['cacheablePrefix'] {
  const tokens = Math.floor(inputTokens / 128) * 128;
  return tokens < 1024 ? null : { key, tokens };
}

/** The tool that has to be called, by its name or because one must be; `null`: none. */
export function forcedTool(tools: readonly Tool[], choice: unknown, named: string | undefined): Tool | null {
  if (choice !== 'required' && named === undefined) return null;
  return tools.find((tool) => named === undefined || tool.name === named) ?? null;
}

/** Guide “Reasoning models”: the o series, and gpt-5. */
export function isReasoningModel(model: string): boolean {
  return /^(o\d|gpt-5)/.test(model);
}

/** The tier that answers. Source: API reference, `service_tier`: `fast` is answered as `priority`. */
export function answeringTier(body: Json): 'default' | 'flex' | 'priority' {
  const asked = body['service_tier'];
  if (asked === 'fast' || asked === 'priority') return 'priority';
  return asked === 'flex' ? 'flex' : 'default';
}

/** Of a field of a form, which is all text, or of JSON. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

/** What a proxy adds to a usage. Source: OpenRouter, “Usage accounting”: `usage.cost`, in USD. */
export function proxyCost(costUsd: number | null): { cost?: number } {
  return costUsd === null ? {} : { cost: costUsd };
}
