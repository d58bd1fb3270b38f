import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import type { LlmTelemetry } from 'nestjs-llm-telemetry';
import OpenAI, { toFile } from 'openai-7';
import { messagesOf, texts, type Draw, type Wire } from './wire.js';

/** Batches: the feature creates them, and another one polls them and downloads their results. */
export function batchWires(url: string, llm: LlmTelemetry): readonly Wire[] {
  const openai = new OpenAI({ apiKey: 'sk-canary', baseURL: `${url}/v1`, maxRetries: 0 });
  const anthropic = new Anthropic({ apiKey: 'sk-ant-canary', baseURL: url, maxRetries: 0 });
  const google = new GoogleGenAI({ apiKey: 'go-canary', httpOptions: { baseUrl: url } });
  const collect = <T>(work: () => Promise<T>): Promise<T> =>
    llm.run({ feature: 'collector', operation: 'collect' }, work);

  const askOpenai = async (
    endpoint: Endpoint,
    body: (prompt: string) => object,
    draw: Draw,
  ): Promise<void> => {
    const lines = promptsOf(draw).map((prompt, index) =>
      JSON.stringify({ custom_id: `item-${index}`, method: 'POST', url: endpoint, body: body(prompt) }),
    );
    const file = await toFile(Buffer.from(lines.join('\n')), 'batch.jsonl');
    const { id: input } = await openai.files.create({ file, purpose: 'batch' });
    const { id } = await openai.batches.create({
      input_file_id: input,
      endpoint,
      completion_window: '24h',
    });
    await collect(async () => {
      const { output_file_id: output, error_file_id: error } = await openai.batches.retrieve(id);
      for (const results of [output, error]) if (results) await (await openai.files.content(results)).text();
    });
  };

  return [
    {
      name: 'batch of Chat Completions',
      models: ['gpt-4o-mini-2024-07-18'],
      feature: 'chat',
      ask: (draw) =>
        askOpenai(
          '/v1/chat/completions',
          (prompt) => ({ model: 'gpt-4o-mini', messages: messagesOf(prompt) }),
          draw,
        ),
    },
    {
      name: 'batch of Responses',
      models: ['gpt-5-mini-2025-08-07'],
      feature: 'research',
      ask: (draw) => askOpenai('/v1/responses', (input) => ({ model: 'gpt-5-mini', input }), draw),
    },
    {
      name: 'batch of embeddings',
      models: ['text-embedding-3-small'],
      feature: 'search',
      ask: (draw) =>
        askOpenai('/v1/embeddings', (input) => ({ model: 'text-embedding-3-small', input }), draw),
    },
    {
      name: 'batch of Messages',
      models: ['claude-haiku-4-5-20251001'],
      feature: 'support',
      ask: async (draw) => {
        const { id } = await anthropic.messages.batches.create({
          requests: promptsOf(draw).map((prompt, index) => ({
            custom_id: `item-${index}`,
            params: { model: 'claude-haiku-4-5', max_tokens: 60, messages: messagesOf(prompt) },
          })),
        });
        await collect(async () => {
          await anthropic.messages.batches.retrieve(id);
          for await (const _ of await anthropic.messages.batches.results(id));
        });
      },
    },
    {
      name: 'batch of Gemini',
      models: ['gemini-2.5-flash'],
      feature: 'triage',
      ask: async (draw) => {
        const { name } = await google.batches.create({
          model: 'gemini-2.5-flash',
          src: promptsOf(draw).map((contents, index) => ({ contents, metadata: { key: `item-${index}` } })),
        });
        await collect(() => google.batches.get({ name: name! }));
      },
    },
  ];
}

type Endpoint = OpenAI.BatchCreateParams['endpoint'];

/** One item of each batch fails if it is a stream elsewhere. */
function promptsOf({ prompt, count, stream }: Draw): readonly string[] {
  return [...texts(prompt, count), ...(stream ? [`[emulate overloaded] ${prompt}`] : [])];
}
