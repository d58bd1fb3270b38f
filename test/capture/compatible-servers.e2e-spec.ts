import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { registerWireFormat, type WireFormat } from 'nestjs-llm-telemetry/wire';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Recorded response of a server, with the expected record. */
interface Recording {
  readonly host?: string;
  readonly provider: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly model: string;
  readonly usage: object;
  readonly providerCostUsd: number | null;
}

const events = (...data: readonly unknown[]): string =>
  [...data.map((one) => `data: ${JSON.stringify(one)}\n\n`), 'data: [DONE]\n\n'].join('');

function chunks(base: object, role: boolean): { text(content: string): object; end(delta: object): object } {
  const choice = (delta: object, finish_reason: string | null): object => ({
    ...base,
    object: 'chat.completion.chunk',
    created: 1_741_569_952,
    choices: [{ index: 0, delta: role ? { role: 'assistant', ...delta } : delta, finish_reason }],
  });
  return { text: (content) => choice({ content }, null), end: (delta) => choice(delta, 'stop') };
}

const ollama = { id: 'chatcmpl-554', model: 'llama3.2', system_fingerprint: 'fp_ollama' };
const vllm = { id: 'chatcmpl-0f3e1c', model: 'Qwen/Qwen2.5-7B-Instruct' };
const openrouter = { id: 'gen-1741569952-Xy', provider: 'OpenAI', model: 'openai/gpt-4o-mini' };
const groq = { id: 'chatcmpl-f51b2cd2', model: 'llama-3.1-8b-instant', system_fingerprint: 'fp_179b0f92c9' };
const litellm = { id: 'chatcmpl-9a', model: 'gpt-4o-mini' };

const usageOf = (inputTokens: number, outputTokens: number): object => ({
  source: 'provider',
  inputTokens,
  outputTokens,
});
const counts = (prompt_tokens: number, completion_tokens: number): object => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
});

/** Streams of “Hello there”, in the format that each server's documentation and source code show. */
const RECORDINGS: Readonly<Record<string, Recording>> = {
  // Ollama, `openai/openai.go`: each chunk has the role; usage is sent only on request.
  'Ollama with requested usage': {
    provider: 'openai_compatible',
    model: 'llama3.2',
    body: events(
      chunks(ollama, true).text('Hello'),
      chunks(ollama, true).text(' there'),
      chunks(ollama, true).end({ content: '' }),
      { ...ollama, object: 'chat.completion.chunk', choices: [], usage: counts(31, 3) },
    ),
    usage: usageOf(31, 3),
    providerCostUsd: null,
  },
  'Ollama without requested usage': {
    provider: 'openai_compatible',
    model: 'llama3.2',
    body: events(
      chunks(ollama, true).text('Hello'),
      chunks(ollama, true).text(' there'),
      chunks(ollama, true).end({}),
    ),
    // 11 bytes
    usage: { source: 'estimated', outputTokens: 3 },
    providerCostUsd: null,
  },
  // vLLM, `stream_options.continuous_usage_stats`: cumulative counts in each chunk.
  'vLLM with continuous usage': {
    provider: 'openai_compatible',
    model: vllm.model,
    body: events(
      { ...chunks(vllm, false).text('Hello'), usage: counts(31, 1) },
      { ...chunks(vllm, false).text(' there'), usage: counts(31, 2) },
      { ...chunks(vllm, false).end({}), usage: counts(31, 3) },
    ),
    usage: usageOf(31, 3),
    providerCostUsd: null,
  },
  // OpenRouter, “Streaming” (comments that keep the connection open) and “Usage accounting”.
  OpenRouter: {
    host: 'openrouter.ai',
    provider: 'openrouter',
    model: openrouter.model,
    body:
      ': OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n' +
      events(
        chunks(openrouter, true).text('Hello'),
        chunks(openrouter, true).text(' there'),
        chunks(openrouter, true).end({ content: '' }),
        {
          ...chunks(openrouter, true).text(''),
          usage: {
            ...counts(14, 4),
            cost: 0.0000045,
            is_byok: false,
            prompt_tokens_details: { cached_tokens: 2, audio_tokens: 0 },
            cost_details: { upstream_inference_cost: null },
            completion_tokens_details: { reasoning_tokens: 1 },
          },
        },
      ),
    usage: { ...usageOf(14, 4), cachedInputTokens: 2, reasoningTokens: 1 },
    providerCostUsd: 0.0000045,
  },
  // Groq API reference, “Chat”: `x_groq` in the first and the last chunk.
  Groq: {
    host: 'api.groq.com',
    provider: 'groq',
    model: groq.model,
    body: events(
      { ...chunks(groq, true).text(''), x_groq: { id: 'req_01jbd6g2qdfw2adyrt2az8hz4w' } },
      chunks(groq, false).text('Hello'),
      chunks(groq, false).text(' there'),
      {
        ...chunks(groq, false).end({}),
        x_groq: {
          id: 'req_01jbd6g2qdfw2adyrt2az8hz4w',
          usage: { queue_time: 0.037, ...counts(18, 5), prompt_time: 0.0007, total_time: 0.35 },
        },
      },
    ),
    usage: usageOf(18, 5),
    providerCostUsd: null,
  },
  // LiteLLM, “Response headers” and `include_cost_in_streaming_usage`: the header is sent before the cost is known.
  'LiteLLM, streamed': {
    provider: 'openai_compatible',
    model: litellm.model,
    headers: { 'x-litellm-response-cost': '0.0', 'x-litellm-version': '1.80.0' },
    body: events(
      chunks(litellm, false).text('Hello'),
      chunks(litellm, false).text(' there'),
      chunks(litellm, false).end({}),
      {
        ...litellm,
        object: 'chat.completion.chunk',
        choices: [],
        usage: { ...counts(9, 3), cost: 0.0000032 },
      },
    ),
    usage: usageOf(9, 3),
    providerCostUsd: 0.0000032,
  },
  'LiteLLM, streamed without a cost': {
    provider: 'openai_compatible',
    model: litellm.model,
    headers: { 'x-litellm-response-cost': '0.0' },
    body: events(chunks(litellm, false).text('Hello there'), {
      ...chunks(litellm, false).end({}),
      usage: counts(9, 3),
    }),
    usage: usageOf(9, 3),
    providerCostUsd: null,
  },
};

describe('an OpenAI-compatible server', () => {
  let telemetry: TelemetryApp;
  let llm: LlmTelemetry;
  let server: Server;
  let answer: { headers: Record<string, string>; body: string };
  beforeAll(async () => {
    // No host of this machine stands in for a provider.
    telemetry = await startTelemetryApp({ options: { pricing: { hosts: {} } } });
    llm = telemetry.get(LlmTelemetry);
    server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(200, answer.headers).end(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.close();
    await telemetry.stop();
  });
  beforeEach(() => {
    telemetry.records.length = 0;
  });

  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Client of a self-hosted server, or of a provider whose host is routed to the test server. */
  function client(host?: string): OpenAI {
    if (host === undefined) return new OpenAI({ apiKey: 'any', baseURL: `${url()}/v1`, maxRetries: 0 });
    const routed = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
      fetch(url() + new URL(input as string).pathname, init);
    return new OpenAI({
      apiKey: 'any',
      baseURL: `https://${host}/api/v1`,
      maxRetries: 0,
      fetch: llm.wrapFetch(routed),
    });
  }

  async function record(use: () => Promise<unknown>): Promise<CallRecord> {
    await llm.run({ feature: 'servers', operation: 'ask' }, use);
    await llm.flush();
    expect(telemetry.records).toHaveLength(1);
    return telemetry.records[0]!;
  }

  it.each(Object.entries(RECORDINGS))(
    'is captured with its usage and reported cost: %s',
    async (_name, recording) => {
      const { host, body, headers } = recording;
      answer = { headers: { 'content-type': 'text/event-stream', ...headers }, body };
      const { attempts, providerCostUsd, finishReason } = await record(async () => {
        let text = '';
        for await (const chunk of await client(host).chat.completions.create({ ...chat(), stream: true }))
          text += chunk.choices[0]?.delta.content ?? '';
        expect(text).toBe('Hello there');
      });
      expect(attempts).toMatchObject([
        {
          provider: recording.provider,
          responseModel: recording.model,
          usage: recording.usage,
          ending: 'finished',
          failure: null,
        },
      ]);
      expect([finishReason, providerCostUsd]).toEqual(['stop', recording.providerCostUsd]);
    },
  );

  it.each<[string, number | null]>([
    ['0.000123', 0.000123],
    ['0', 0],
    ['None', null],
    ['', null],
  ])('has a reported cost if LiteLLM sends a number in its header: “%s”', async (cost, expected) => {
    answer = {
      headers: { 'content-type': 'application/json', 'x-litellm-response-cost': cost },
      body: JSON.stringify({
        ...litellm,
        object: 'chat.completion',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
        usage: counts(9, 3),
      }),
    };
    const { providerCostUsd, cost: ours } = await record(() => client().chat.completions.create(chat()));
    expect(providerCostUsd).toBe(expected);
    // `gpt-4o-mini` has a list price at OpenAI, not at an unknown host.
    expect(ours.source).toBe('unknown');
  });

  it('fails the attempt if OpenRouter sends an error in the body of a 200', async () => {
    const error = { code: 502, message: 'Provider returned error', metadata: { provider_name: 'x' } };
    answer = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error }) };
    const { attempts } = await record(() => client('openrouter.ai').chat.completions.create(chat()));
    expect(attempts).toMatchObject([
      { status: 200, usage: null, ending: 'failed', failure: { type: 'server_error' } },
    ]);
  });

  it('is captured through a custom wire format', async () => {
    const rerank: WireFormat = {
      operation: 'rerank',
      provider: 'own',
      matches: (path) => path.endsWith('/rank'),
      accepts: (keys) => keys.has('documents'),
      requestKeys: new Set(['model']),
      readRequest: ({ model }, from) => ({
        model: `${String(model)} at ${new URL(from).pathname}`,
        stream: false,
      }),
      inputBytes: () => null,
      readResponse: ({ tokens }, answer) => {
        answer.usage.inputTokens = tokens as number;
        answer.usage.outputTokens = 0;
        answer.complete = true;
      },
      readEvent: () => {},
    };
    registerWireFormat(rerank);
    answer = { headers: { 'content-type': 'application/json' }, body: '{"tokens":42}' };
    const post = (body: object): Promise<Response> =>
      fetch(`${url()}/v2/rank`, { method: 'POST', body: JSON.stringify(body) });
    const { attempts } = await record(async () => {
      await (await post({ something: 'else' })).json();
      await (await post({ model: 'r-1', documents: ['a', 'b'] })).json();
    });
    expect(attempts).toMatchObject([
      {
        operation: 'rerank',
        provider: 'own',
        requestModel: 'r-1 at /v2/rank',
        usage: { source: 'provider', inputTokens: 42, outputTokens: 0 },
        content: null,
      },
    ]);
  });

  it('responds as without the library if a custom wire format throws', async () => {
    const thrower = (): never => {
      throw new Error('not ours');
    };
    registerWireFormat({
      operation: 'x',
      provider: 'x',
      matches: (path) => path.endsWith('/throw'),
      accepts: () => true,
      requestKeys: new Set(),
      readRequest: () => ({ model: 'x', stream: false }),
      inputBytes: thrower,
      readResponse: thrower,
      readEvent: thrower,
    });
    answer = { headers: { 'content-type': 'application/json' }, body: '{"ok":true}' };
    const { attempts } = await record(async () => {
      const response = await fetch(`${url()}/throw`, { method: 'POST', body: '{}' });
      expect(await response.json()).toEqual({ ok: true });
    });
    expect(attempts).toHaveLength(1);
  });
});
