import { createOpenAI } from '@ai-sdk/openai';
import { LegacyOpenTelemetry, OpenTelemetry } from '@ai-sdk/otel';
import { embed, embedMany, generateText, isStepCount, streamText, tool, type Telemetry } from 'ai';
import { z } from 'zod';
import { EMBEDDING_MODEL, HELLO, OPENAI_MODEL, type Scenarios, type Tracer } from './tracer.js';

/** Disables console warnings of the SDK. */
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

export const AI_SDK: Tracer = {
  name: '@ai-sdk/otel',
  scope: 'gen_ai',
  lacks: new Set(['streamWithoutUsage']),
  start: (emulator) => scenarios(emulator.openaiBaseUrl, new OpenTelemetry()),
};

export const LEGACY_AI_SDK: Tracer = {
  name: 'legacy telemetry of the AI SDK',
  scope: 'ai',
  lacks: new Set(['streamWithoutUsage']),
  start: (emulator) => scenarios(emulator.openaiBaseUrl, new LegacyOpenTelemetry()),
};

function scenarios(baseURL: string, integration: Telemetry): Scenarios {
  const openai = createOpenAI({ apiKey: 'sk-canary-openai-key', baseURL });
  const model = openai.chat(OPENAI_MODEL);
  const embedding = openai.embedding(EMBEDDING_MODEL);
  const telemetry = { integrations: integration };
  const retries = { maxRetries: 1, telemetry };
  return {
    chat: () => generateText({ model, prompt: HELLO, ...retries }),
    stream: async () => streamText({ model, prompt: HELLO, ...retries }).text,
    responses: () => generateText({ model: openai(OPENAI_MODEL), prompt: HELLO, ...retries }),
    embeddings: () => embed({ model: embedding, value: 'A lamp.', ...retries }),
    manyEmbeddings: () =>
      embedMany({
        model: { ...pick(embedding), maxEmbeddingsPerCall: 1, supportsParallelCalls: true },
        values: ['A lamp.', 'A much longer text about a lamp, and about what it costs.', 'A chair.'],
        ...retries,
      }),
    twoSteps: () =>
      generateText({
        model,
        prompt: 'What is the weather?',
        tools: {
          weather: tool({
            description: 'The weather of a city',
            inputSchema: z.object({ city: z.string() }),
            execute: ({ city }) => `It is sunny in ${city}.`,
          }),
        },
        stopWhen: isStepCount(2),
        prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'auto' }),
        ...retries,
      }),
  };
}

type EmbeddingModel = ReturnType<ReturnType<typeof createOpenAI>['embedding']>;

function pick(
  model: EmbeddingModel,
): Pick<EmbeddingModel, 'doEmbed' | 'modelId' | 'provider' | 'specificationVersion'> {
  const { modelId, provider, specificationVersion } = model;
  return { modelId, provider, specificationVersion, doEmbed: (options) => model.doEmbed(options) };
}
