import type Anthropic from '@anthropic-ai/sdk';
import type { GeneratedResponse } from '../model/emulated-api.js';

type Usage = Anthropic.Messages.Usage;
type DeltaUsage = Anthropic.Messages.MessageDeltaUsage;
type Iterations = Anthropic.Beta.Messages.BetaIterationsUsage;
/** `iterations` is only sent if a response has several steps (beta). */
type WithIterations<T> = T & { iterations?: Iterations };

/**
 * Builds the usage of a message. Source: API reference, “Messages”, `usage`; documentation, “Compaction”: the counts
 * outside `iterations` are those of the responding model, without advisors and compactions.
 */
export function usage(generated: GeneratedResponse): WithIterations<Usage> {
  return { ...counts(generated, generated.outputTokens), ...parts(generated) };
}

/** Builds the usage of `message_start`, with a placeholder for the output. */
export function usageAtStart(generated: GeneratedResponse): Usage {
  return { ...counts(generated, 1), output_tokens_details: null, server_tool_use: null };
}

/** Builds the usage of `message_delta`: cumulative, unchanged counts are `null`. */
export function usageAtEnd(generated: GeneratedResponse): WithIterations<DeltaUsage> {
  return {
    input_tokens: null,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    output_tokens: generated.outputTokens,
    ...parts(generated),
  };
}

function counts(
  generated: GeneratedResponse,
  outputTokens: number,
): Omit<Usage, keyof ReturnType<typeof parts>> & {
  output_tokens: number;
} {
  const { cachedInputTokens, cacheWriteTokens } = generated;
  return {
    input_tokens: generated.request.inputTokens - cachedInputTokens - cacheWriteTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation: { ephemeral_5m_input_tokens: cacheWriteTokens, ephemeral_1h_input_tokens: 0 },
    output_tokens: outputTokens,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  };
}

function parts({
  reasoningTokens,
  webSearches,
  steps,
}: GeneratedResponse): WithIterations<Pick<Usage, 'output_tokens_details' | 'server_tool_use'>> {
  return {
    output_tokens_details: reasoningTokens > 0 ? { thinking_tokens: reasoningTokens } : null,
    server_tool_use: webSearches > 0 ? { web_search_requests: webSearches, web_fetch_requests: 0 } : null,
    ...(steps.length > 0 ? { iterations: steps.map(iteration) } : {}),
  };
}

function iteration({
  type,
  model,
  inputTokens,
  outputTokens,
}: GeneratedResponse['steps'][number]): Iterations[number] {
  const spent = {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: null,
  };
  return type === 'compaction' ? { type, ...spent } : { type, model, ...spent };
}
