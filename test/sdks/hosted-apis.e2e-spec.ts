import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** APIs without a client in the matrix: Workers AI, Snowflake Cortex and DashScope, against the emulator. */
interface Api {
  readonly path: string;
  readonly provider: string;
  readonly body: (stream: boolean, tool: boolean) => object;
  readonly headers?: (stream: boolean) => Readonly<Record<string, string>>;
  /** Whether the API tells that a response was truncated. */
  readonly tellsEnd: boolean;
}

const messages = [{ role: 'user', content: 'Summarize this order: two cups.' }];
const FUNCTION = { name: 'now', parameters: { type: 'object', properties: {} } };
const TOOLS = [{ type: 'function', function: FUNCTION }];
const SPECS = [{ tool_spec: { type: 'generic', name: 'now', input_schema: FUNCTION.parameters } }];
const WORKERS_AI = '@cf/google/gemma-3-12b-it';
const dashscope = (kind: 'text' | 'multimodal', content: unknown, incremental: boolean): Api => ({
  path: `/api/v1/services/aigc/${kind}-generation/generation`,
  provider: 'alibaba',
  body: (_, tool) => ({
    model: 'qwen-plus',
    input: { messages: [{ role: 'user', content }] },
    parameters: { incremental_output: incremental, ...(tool && { tools: TOOLS }) },
  }),
  headers: (stream): Readonly<Record<string, string>> => (stream ? { 'x-dashscope-sse': 'enable' } : {}),
  tellsEnd: true,
});

const APIS: Readonly<Record<string, Api>> = {
  'Workers AI': {
    path: `/client/v4/accounts/a/ai/run/${WORKERS_AI}`,
    provider: 'cloudflare.workers_ai',
    body: (stream, tool) => ({ messages, stream, ...(tool && { tools: TOOLS }) }),
    tellsEnd: false,
  },
  'Workers AI through AI Gateway': {
    path: `/v1/a/g/workers-ai/${WORKERS_AI}`,
    provider: 'cloudflare.workers_ai',
    body: (stream, tool) => ({ prompt: 'Say hello.', stream, ...(tool && { tools: TOOLS }) }),
    tellsEnd: false,
  },
  'Snowflake Cortex': {
    path: '/api/v2/cortex/inference:complete',
    provider: 'snowflake',
    body: (stream, tool) => ({ model: 'mistral-large2', messages, stream, ...(tool && { tools: SPECS }) }),
    tellsEnd: false,
  },
  DashScope: dashscope('text', 'Say hello.', false),
  'DashScope with increments': dashscope('text', 'Say hello.', true),
  'DashScope with images': dashscope(
    'multimodal',
    [{ image: 'https://x.example/a.png' }, { text: 'What?' }],
    false,
  ),
};

let telemetry: TelemetryApp;
beforeAll(async () => {
  telemetry = await startTelemetryApp({
    options: { store: false, dashboard: false, content: { capture: 'messages' } },
  });
});
afterAll(() => telemetry.stop());
beforeEach(() => {
  telemetry.emulator.reset();
  telemetry.records.length = 0;
});

async function recordOf(
  { path, body, headers }: Api,
  stream: boolean,
  { tool = false, leave = false } = {},
): Promise<CallRecord> {
  await telemetry.get(LlmTelemetry).run({ feature: 'test', operation: 'ask' }, async () => {
    const sent = { authorization: 'Bearer canary', 'content-type': 'application/json', ...headers?.(stream) };
    const request = { method: 'POST', headers: sent, body: JSON.stringify(body(stream, tool)) };
    const response = await fetch(telemetry.emulator.url + path, request);
    for await (const _ of response.body!) if (leave) break;
  });
  await telemetry.flush();
  expect(telemetry.records).toHaveLength(1);
  return telemetry.records[0]!;
}

const CASES = Object.entries(APIS).flatMap(([name, api]) => [
  [name, false, api] as const,
  [name, true, api] as const,
]);

describe('a hosted API without a client in the matrix', () => {
  it.each(CASES)('is billed as it is recorded: %s, as a stream: %s', async (_, stream, api) => {
    const record = await recordOf(api, stream);
    const [entry, ...others] = telemetry.emulator.ledger.entries();
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      provider: api.provider,
      failure: null,
      usage: { inputTokens: entry!.inputTokens, outputTokens: entry!.outputTokens, source: 'provider' },
      attempts: [{ ending: 'finished', parameters: { stream } }],
    });
    const output = record.attempts[0]!.content!.outputMessages[0]!.parts;
    expect(output).toEqual([{ type: 'text', content: expect.stringMatching(/\w+/) }]);
  });

  it.each(CASES)('calls a tool: %s, as a stream: %s', async (_, stream, api) => {
    telemetry.emulator.program({ kind: 'tool' });
    const record = await recordOf(api, stream, { tool: true });
    expect(record).toMatchObject({ finishReason: 'tool_calls', failure: null });
    expect(record.attempts[0]!.content!.outputMessages[0]!.parts).toMatchObject([
      { type: 'tool_call', name: 'now' },
    ]);
  });

  it.each(CASES)('fails in its own words: %s, as a stream: %s', async (_, stream, api) => {
    for (const [kind, type] of [
      ['rate_limit', 'rate_limit'],
      ['auth', 'auth'],
      ['not_found', 'not_found'],
      ['server_error', 'server_error'],
    ] as const) {
      telemetry.records.length = 0;
      telemetry.emulator.program({ kind });
      expect((await recordOf(api, stream)).attempts[0]!.failure?.type).toBe(type);
    }
  });

  it.each(CASES.filter(([, stream]) => stream))('fails within a stream: %s', async (_, stream, api) => {
    telemetry.emulator.program({ kind: 'stream_error', afterTokens: 2 });
    expect(await recordOf(api, stream)).toMatchObject({ attempts: [{ ending: 'failed' }] });
  });

  it.each(CASES.filter(([, stream]) => stream))('breaks within a stream: %s', async (_, stream, api) => {
    telemetry.emulator.program({ kind: 'cut', afterTokens: 2 });
    await expect(recordOf(api, stream)).rejects.toThrow();
    await telemetry.flush();
    expect(telemetry.records).toMatchObject([{ failure: { type: 'stream_cut' } }]);
  });

  it.each(CASES.filter(([, , api]) => api.tellsEnd))(
    'tells that a response was truncated: %s, as a stream: %s',
    async (_, stream, api) => {
      telemetry.emulator.program({ kind: 'truncate' });
      expect(await recordOf(api, stream)).toMatchObject({ finishReason: 'length', truncated: true });
    },
  );
});
