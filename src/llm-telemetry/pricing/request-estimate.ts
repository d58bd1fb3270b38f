import type { Pricer } from '../calls/cost.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import { estimateTokens } from '../wire/to-usage.js';
import { NO_USAGE } from '../wire/usage.js';

/** Assumed output tokens of a request without a limit. */
const DEFAULT_OUTPUT_TOKENS = 1000;

/** Operations that generate output tokens, up to the limit in the request. */
const GENERATING: ReadonlySet<string> = new Set(['chat', 'text_completion']);

/**
 * Estimates the maximum cost of a request in USD before it is sent: its input, estimated from the text, and its output
 * limit. Returns `null` if the body cannot be read, the model has no price, or the operation is not billed by text
 * tokens (images, audio).
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
