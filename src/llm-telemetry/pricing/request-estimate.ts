import type { Pricer } from '../calls/cost.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import { estimateTokens } from '../wire/to-usage.js';
import { NO_USAGE } from '../wire/usage.js';

/** Output tokens of a request that sets no limit. */
const DEFAULT_OUTPUT_TOKENS = 1000;

/** Output tokens are billed for these, in the number that the request allows. */
const GENERATING: ReadonlySet<string> = new Set(['chat', 'text_completion']);

/**
 * Returns what a request is expected to cost at most, in USD, before it is sent: its input, estimated from its text, and
 * the output that it allows. `null` if its body cannot be read, its model has no price, or it is billed by something else
 * (images, audio).
 *
 * @param at - Unix milliseconds
 */
export function estimateRequest(exchange: Exchange, pricer: Pricer, at: number): number | null {
  const { provider, parameters, format } = exchange.request;
  const { model, maxTokens, choiceCount = 1 } = parameters;
  const generates = GENERATING.has(format.operation);
  if (model === null || !(generates || format.operation === 'embeddings')) return null;
  const bytes = exchange.inputBytes();
  if (bytes === null) return null;
  const usage = {
    ...NO_USAGE,
    inputTokens: estimateTokens(bytes),
    outputTokens: generates ? (maxTokens ?? DEFAULT_OUTPUT_TOKENS) * choiceCount : 0,
    source: 'estimated' as const,
  };
  const cost = pricer.price({ provider, model, usage, at });
  return cost.source === 'unknown' ? null : cost.costUsd;
}
