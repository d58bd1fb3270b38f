import type { SpanTemplate } from '../floor.js';

type Attributes = Readonly<Record<string, unknown>>;

/** What the spans of a call say about its response. */
export interface Reading {
  readonly inputTokens: unknown;
  readonly outputTokens: unknown;
  readonly cachedTokens: unknown;
  readonly model: unknown;
  readonly finishReason: unknown;
}

/** Readers by naming convention. They accept all names that a convention has had. */
const CONVENTIONS = {
  GenAI: (attributes) => ({
    inputTokens: first(attributes, 'gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'),
    outputTokens: first(attributes, 'gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'),
    cachedTokens: first(
      attributes,
      'gen_ai.usage.cache_read.input_tokens',
      'gen_ai.usage.cache_read_input_tokens',
      'gen_ai.usage.details.cache_read',
      'gen_ai.usage.input_tokens.cached',
    ),
    model: first(attributes, 'gen_ai.response.model'),
    finishReason: first(
      attributes,
      'gen_ai.response.finish_reasons',
      'gen_ai.response.finish_reason',
      'llm.response.finish_reason',
      'anthropic.message.stop_reason',
    ),
  }),
  OpenInference: (attributes) => ({
    inputTokens: first(attributes, 'llm.token_count.prompt'),
    outputTokens: first(attributes, 'llm.token_count.completion'),
    cachedTokens: first(attributes, 'llm.token_count.prompt_details.cache_read'),
    model: first(attributes, 'llm.model_name'),
    finishReason: first(attributes, 'llm.finish_reason'),
  }),
  Langfuse: (attributes) => {
    const details = attributes['langfuse.observation.usage_details'];
    const usage = (typeof details === 'string' ? JSON.parse(details) : {}) as Partial<Record<string, number>>;
    const cached = usage['input_cached_tokens'];
    return {
      // Langfuse's `input` leaves out the parts that are counted separately.
      inputTokens: usage['input'] === undefined ? undefined : usage['input'] + (cached ?? 0),
      outputTokens: usage['output'],
      cachedTokens: cached,
      model: attributes['langfuse.observation.model.name'],
      finishReason: undefined,
    };
  },
  Datadog: ({ metrics, meta }) => {
    const { input_tokens, output_tokens, cache_read_input_tokens } = (metrics ?? {}) as Attributes;
    const { model_name, metadata } = (meta ?? {}) as { model_name?: string; metadata?: Attributes };
    return {
      inputTokens: input_tokens,
      outputTokens: output_tokens,
      cachedTokens: cache_read_input_tokens,
      model: model_name,
      finishReason: metadata?.['finish_reason'] ?? metadata?.['stop_reason'],
    };
  },
} satisfies Record<string, (attributes: Attributes) => Reading>;

export type Convention = keyof typeof CONVENTIONS;

/** Reads the spans of one call. */
export function readSpans(convention: Convention, spans: readonly SpanTemplate[]): Reading {
  return CONVENTIONS[convention](Object.assign({}, ...spans.map(({ attributes }) => attributes)));
}

function first(attributes: Attributes, ...names: readonly string[]): unknown {
  const name = names.find((one) => attributes[one] !== undefined);
  return name === undefined ? undefined : attributes[name];
}
