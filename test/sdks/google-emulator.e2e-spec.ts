import { GoogleGenAI, type GenerateContentResponse, type GenerateContentConfig } from '@google/genai';
import { LlmTelemetry, type AttemptRecord } from 'nestjs-llm-telemetry';
import type { EmulatorOptions } from 'nestjs-llm-telemetry/testing';
import type { GeminiResponse } from '../../src/llm-telemetry/testing/providers/gemini.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { all } from './prompts-and-tools.js';

const MODEL = 'gemini-2.5-flash';

describe('the emulator of the Gemini API', () => {
  let telemetry: TelemetryApp;
  let ai: GoogleGenAI;

  async function start(emulatorOptions: EmulatorOptions = {}): Promise<void> {
    telemetry = await startTelemetryApp({ emulatorOptions });
    const baseUrl = telemetry.emulator.geminiBaseUrl;
    ai = new GoogleGenAI({ apiKey: 'canary-key', httpOptions: { baseUrl } });
  }
  beforeEach(() => start());
  afterEach(() => telemetry.stop());

  async function attempts(use: () => Promise<unknown>): Promise<readonly AttemptRecord[]> {
    await telemetry.get(LlmTelemetry).run({ feature: 'google', operation: 'ask' }, use);
    await telemetry.flush();
    return telemetry.records.flatMap((record) => record.attempts);
  }

  /** Expects that each attempt has the usage that the provider bills. */
  function expectBilled(recorded: readonly AttemptRecord[]): void {
    const entries = telemetry.emulator.ledger.entries();
    expect(recorded).toHaveLength(entries.length);
    for (const [index, entry] of entries.entries()) {
      expect(recorded[index]).toMatchObject({
        responseId: entry.responseId,
        responseModel: entry.model,
        failure: null,
        usage: {
          source: 'provider',
          inputTokens: entry.inputTokens,
          cachedInputTokens: entry.cachedInputTokens,
          outputTokens: entry.outputTokens,
          reasoningTokens: entry.reasoningTokens,
          webSearchRequests: entry.webSearches,
          clamped: false,
        },
      });
    }
  }

  const ask = (contents: string, config: GenerateContentConfig = {}): Promise<GenerateContentResponse> =>
    ai.models.generateContent({ model: MODEL, contents, config });
  const stream = async (contents: string): Promise<string> => {
    const chunks = await all(await ai.models.generateContentStream({ model: MODEL, contents }));
    return chunks.map(({ text }) => text ?? '').join('');
  };

  it('responds to generateContent and to a stream with billed usage', async () => {
    const recorded = await attempts(async () => {
      const { text } = await ask('Hello there');
      expect(text).toContain('Hello there');
      expect(await stream('Hello there')).toBe(text);
    });
    expectBilled(recorded);
    expect(recorded[0]!.usage!.reasoningTokens).toBeGreaterThan(0);
  });

  it('streams one JSON array without alt=sse', async () => {
    const url = `${telemetry.emulator.url}/v1beta/models/${MODEL}:streamGenerateContent`;
    const recorded = await attempts(async () => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'x-goog-api-key': 'canary-key' },
        body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Hello there' }] }] }),
      });
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      const chunks = (await response.json()) as GeminiResponse[];
      expect(chunks.at(-1)!.candidates[0]!.finishReason).toBe('STOP');
    });
    expectBilled(recorded);
  });

  it('reads a JSON array while the application streams it', async () => {
    const url = `${telemetry.emulator.url}/v1beta/models/${MODEL}:streamGenerateContent`;
    const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Hello there' }] }] });
    const recorded = await attempts(async () => {
      const response = await fetch(url, { method: 'POST', headers: { 'x-goog-api-key': 'k' }, body });
      for await (const _ of response.body!);
    });
    expectBilled(recorded);
    expect(recorded).toMatchObject([{ ending: 'finished', parameters: { stream: true } }]);
    expect(recorded[0]!.timeToFirstTokenMs).not.toBeNull();
  });

  it('calls a tool and answers its result', async () => {
    const tool = {
      tool: async () => ({
        functionDeclarations: [
          {
            name: 'weather',
            parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } } },
          },
        ],
      }),
      callTool: async () => [{ functionResponse: { name: 'weather', response: { sky: 'grey' } } }],
    };
    const recorded = await attempts(() => ask('Weather? [emulate tool]', { tools: [tool] }));
    expectBilled(recorded);
    expect(recorded).toMatchObject([
      { finishReason: 'tool_calls', isRetry: false },
      { finishReason: 'stop', isRetry: false },
    ]);
  });

  it.each([
    ['truncate', 'length'],
    ['pause', 'paused'],
  ])('ends with the fault %s as %s', async (fault, finishReason) => {
    const recorded = await attempts(() => ask(`Hello [emulate ${fault}]`, { automaticContinuation: false }));
    expectBilled(recorded);
    expect(recorded).toMatchObject([{ finishReason }]);
  });

  it.each([
    ['filter', 'content_filter'],
    ['empty', 'empty_response'],
    ['rate_limit', 'rate_limit'],
    ['overloaded', 'overloaded'],
    ['auth', 'auth'],
    ['permission', 'permission'],
    ['not_found', 'not_found'],
    ['context_length', 'context_window_exceeded'],
    ['bad_request', 'bad_request'],
    ['too_large', 'request_too_large'],
    ['server_error', 'server_error'],
    ['html', 'server_error'],
  ])('fails with the fault %s as %s', async (kind, type) => {
    const recorded = await attempts(() => ask(`Hello [emulate ${kind}]`).catch(() => {}));
    expect(recorded).toMatchObject([{ failure: { type } }]);
    const [entry] = telemetry.emulator.ledger.entries();
    if (!entry!.billed) expect(recorded[0]!.usage).toBeNull();
  });

  it.each([
    ['stream_error', 'overloaded'],
    ['cut after=40', 'stream_cut'],
  ])('interrupts a stream with the fault %s', async (fault, type) => {
    const recorded = await attempts(() => stream(`Hello [emulate ${fault}]`).catch(() => {}));
    expect(recorded).toMatchObject([{ failure: { type } }]);
  });

  it('reads a repeated prompt from its cache', async () => {
    await telemetry.stop();
    await start({ cachedTokens: true });
    const prompt = 'A long prompt. '.repeat(500);
    const recorded = await attempts(async () => {
      await ask(prompt);
      await ask(prompt);
    });
    expectBilled(recorded);
    expect(recorded[1]!.usage!.cachedInputTokens).toBeGreaterThan(1000);
  });

  it('searches the web', async () => {
    expectBilled(await attempts(() => ask('Hello', { tools: [{ googleSearch: {} }] })));
  });

  it('embeds texts', async () => {
    const recorded = await attempts(async () => {
      const { embeddings } = await ai.models.embedContent({
        model: 'gemini-embedding-001',
        contents: ['Hello', 'there'],
        config: { outputDimensionality: 8 },
      });
      expect(embeddings!.map(({ values }) => values!.length)).toEqual([8, 8]);
    });
    const [entry] = telemetry.emulator.ledger.entries();
    expect(recorded).toMatchObject([{ usage: { inputTokens: entry!.inputTokens, source: 'provider' } }]);
  });

  it('creates and streams interactions', async () => {
    const recorded = await attempts(async () => {
      const { steps, status } = await ai.interactions.create({ model: MODEL, input: 'Hello there' });
      expect(status).toBe('completed');
      expect(JSON.stringify(steps)).toContain('Hello there');
      const events = await all(
        await ai.interactions.create({ model: MODEL, input: 'Hello there', stream: true }),
      );
      expect(events.at(-1)!.event_type).toBe('interaction.completed');
    });
    expectBilled(recorded);
  });

  it('continues interactions in further requests', async () => {
    telemetry.emulator.program({ kind: 'pause' });
    const recorded = await attempts(() => ai.interactions.create({ model: MODEL, input: 'Hello there' }));
    expectBilled(recorded);
    expect(recorded).toMatchObject([
      { finishReason: 'paused', isRetry: false },
      { finishReason: 'stop', isRetry: false },
    ]);
  });

  it('keeps no key', async () => {
    await ask('Hello');
    expect(JSON.stringify(telemetry.emulator.requests)).not.toContain('canary-key');
  });
});
