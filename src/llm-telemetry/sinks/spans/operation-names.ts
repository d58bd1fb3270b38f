/**
 * Spans of other libraries that stand for one operation of a provider, as data. Each row names the attribute that
 * identifies such spans, the operation that each of its values stands for (in words of `gen_ai.operation.name`), and the
 * attributes with which the library reports the usage of the operation.
 *
 * Spans of agents, steps, tools and workflows are not listed: their usage is a sum over several operations.
 */
export interface OperationMark {
  readonly attribute: string;
  readonly operations: Readonly<Record<string, string>>;
  readonly usage: readonly string[];
}

/** Names of `gen_ai.operation.name` that stand for themselves. */
function same<Name extends string>(...names: readonly Name[]): Record<Name, Name> {
  return Object.fromEntries(names.map((name) => [name, name])) as Record<Name, Name>;
}

export const OPERATION_MARKS: readonly OperationMark[] = [
  {
    attribute: 'gen_ai.operation.name',
    operations: {
      // https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/ (gen_ai.operation.name)
      ...same('chat', 'embeddings', 'generate_content', 'text_completion'),
      // @ai-sdk/otel 1.0.173, function `mapOperationName`
      ...same('rerank'),
      'ai.generateSpeech': 'speech',
      'ai.transcribe': 'transcription',
      'ai.streamTranscribe': 'transcription',
      // @traceloop/instrumentation-openai 0.27.0, image wrappers
      ...same('image_generation'),
      image_edit: 'image_generation',
      image_variation: 'image_generation',
    },
    // gen_ai.usage.prompt_tokens: name of the conventions until version 1.27
    usage: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
  },
  {
    // Legacy telemetry of the AI SDK: https://ai-sdk.dev/docs/ai-sdk-core/telemetry (collected data)
    attribute: 'ai.operationId',
    operations: {
      'ai.generateText.doGenerate': 'chat',
      'ai.streamText.doStream': 'chat',
      'ai.generateObject.doGenerate': 'chat',
      'ai.streamObject.doStream': 'chat',
      'ai.embed.doEmbed': 'embeddings',
      'ai.embedMany.doEmbed': 'embeddings',
      'ai.rerank.doRerank': 'rerank',
    },
    usage: ['gen_ai.usage.input_tokens', 'ai.usage.inputTokens', 'ai.usage.promptTokens', 'ai.usage.tokens'],
  },
];

/**
 * Operations during which the AI SDK does not activate its span, so that the request has no trace of it: `@ai-sdk/otel`
 * 1.0.173 has `executeLanguageModelCall` for language models only.
 */
export const INACTIVE_OPERATIONS: ReadonlySet<string> = new Set(['embeddings', 'rerank']);
