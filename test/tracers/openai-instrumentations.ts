import { OpenAIInstrumentation as OpenInference } from '@arizeai/openinference-instrumentation-openai';
import { OpenAIInstrumentation as OpenTelemetry } from '@opentelemetry/instrumentation-openai';
import { OpenAIInstrumentation as Traceloop } from '@traceloop/instrumentation-openai';
import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { metrics } from '@opentelemetry/api';
import * as openai from 'openai-6';
import { drain, EMBEDDING_MODEL, HELLO, OPENAI_MODEL, user, type Scenarios, type Tracer } from './tracer.js';

/** Modules are patched directly, because Jest loads them past the hooks of the instrumentations. */
interface Instrumentation {
  setTracerProvider(provider: TracerProvider): void;
  setMeterProvider(provider: MeterProvider): void;
}

interface Definition {
  patch?: (exports: unknown) => unknown;
  unpatch?: (exports: unknown) => void;
}

function instrumentation(
  name: string,
  scope: string,
  create: () => Instrumentation,
  ours: Tracer['ours'] = new Set(),
): Tracer {
  let definitions: readonly Definition[] = [];
  return {
    name,
    scope,
    lacks: new Set(['manyEmbeddings']),
    ours,
    start(emulator, provider) {
      const created = create();
      created.setTracerProvider(provider);
      created.setMeterProvider(metrics.getMeterProvider());
      const found = (created as unknown as { init(): Definition | readonly Definition[] }).init();
      definitions = Array.isArray(found) ? found : [found as Definition];
      for (const { patch } of definitions) patch?.(openai);
      return scenarios(emulator.openaiBaseUrl);
    },
    stop: () => {
      for (const { unpatch } of definitions) unpatch?.(openai);
    },
  };
}

export const OPENAI_INSTRUMENTATIONS: readonly Tracer[] = [
  instrumentation(
    '@opentelemetry/instrumentation-openai',
    '@opentelemetry/instrumentation-openai',
    () => new OpenTelemetry(),
  ),
  instrumentation(
    '@traceloop/instrumentation-openai',
    '@traceloop/instrumentation-openai',
    () => new Traceloop(),
    // It does not trace embeddings.
    new Set(['embeddings']),
  ),
  instrumentation(
    '@arizeai/openinference-instrumentation-openai',
    '@arizeai/openinference-instrumentation-openai',
    () => new OpenInference(),
    // Its spans are wrapped, and have usage as `llm.token_count.*` only.
    new Set(['chat', 'stream', 'streamWithoutUsage', 'responses', 'embeddings', 'twoSteps']),
  ),
];

function scenarios(baseURL: string): Scenarios {
  const client = new openai.OpenAI({ apiKey: 'sk-canary-openai-key', baseURL, maxRetries: 1 });
  const { completions } = client.chat;
  const request = (prompt = HELLO) => ({ model: OPENAI_MODEL, messages: [user(prompt)] });
  return {
    chat: () => completions.create(request()),
    stream: async () =>
      drain(
        await completions.create({
          ...request(),
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
    streamWithoutUsage: async () => drain(await completions.create({ ...request(), stream: true })),
    responses: () => client.responses.create({ model: OPENAI_MODEL, input: HELLO }),
    embeddings: () => client.embeddings.create({ model: EMBEDDING_MODEL, input: 'A lamp.' }),
    twoSteps: async () => {
      await completions.create(request());
      await completions.create(request('Say goodbye, and say it twice.'));
    },
  };
}
