import { once } from 'node:events';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startProviderEmulator, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import { OtlpReceiver, type ExportedSpan } from '../../src/example/demo/otlp-receiver.js';
import { poll } from '../support/poll.js';
import { ORDER_SUMMARY, TICKET } from '../support/samples.js';
import { answer, folder, GOOD_END, listen, order, root, startService } from './support/processes.js';

/** Returns the distinct `<address>:<port>` pairs that the processes of this test tried to connect to. */
function connections(): string[] {
  const file = folder.file('connections.txt');
  return existsSync(file) ? [...new Set(readFileSync(file, 'utf8').trim().split('\n'))] : [];
}
const ticket = { ticket_text: TICKET };

describe('the service without any configuration', () => {
  it('uses the emulator, logs it and opens no other connection', async () => {
    const service = startService();
    expect(await answer(service.post('/orders/summarize', order))).toEqual([200, { summary: ORDER_SUMMARY }]);
    expect(await answer(service.post('/support/classify', ticket))).toEqual([
      200,
      { category: 'billing', urgency: 'low' },
    ]);
    expect(await service.stop()).toEqual(GOOD_END);

    expect(service.stdout).toContain('OpenAI: the built-in emulator');
    expect(service.stdout).toContain('Anthropic: the built-in emulator');
    expect(service.stdout).not.toMatch(/ERROR|WARN/);
    expect(service.stderr).toBe('');
    // Both providers use the same emulator. An exporter would connect to another port.
    expect(connections()).toEqual([expect.stringMatching(/^127\.0\.0\.1:(?!431[78]$)\d+$/)]);
  });

  it('starts with .env.example as its configuration', async () => {
    cpSync(join(root, '.env.example'), folder.file('.env'));
    const service = startService();
    expect(await answer(service.post('/orders/summarize', order))).toEqual([200, { summary: ORDER_SUMMARY }]);
    expect(await service.stop()).toEqual(GOOD_END);
    expect(service.stderr).toBe('');
  });

  it('treats empty OpenTelemetry variables as unset', async () => {
    const service = startService({
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '',
      OTEL_TRACES_EXPORTER: '',
      OTEL_METRICS_EXPORTER: '',
      OTEL_LOGS_EXPORTER: '',
    });
    await answer(service.post('/orders/summarize', order));
    expect(await service.stop()).toEqual(GOOD_END);
    expect(service.stderr).toBe('');
    expect(connections()).toHaveLength(1);
  });
});

describe('the service on SIGTERM', () => {
  it('finishes a streamed response of its emulator before it exits', async () => {
    const service = startService();
    const text = pieces(await service.post('/orders/summarize/stream', order));
    const first = await text.next();
    service.kill('SIGTERM');
    expect(String(first.value) + (await rest(text))).toBe(ORDER_SUMMARY);
    expect(await service.ended).toEqual(GOOD_END);
    expect(service.stderr).toBe('');
  });

  it('stops accepting connections and finishes pending responses', async () => {
    const provider = await GatedProvider.start();
    try {
      const service = startService({ OPENAI_API_KEY: 'sk-not-a-key', OPENAI_BASE_URL: provider.baseUrl });
      const url = await service.url();
      const text = pieces(await service.post('/orders/summarize/stream', order));
      expect(await text.next()).toEqual({ done: false, value: 'Two ' });
      service.kill('SIGTERM');
      await untilRefused(url);
      provider.finish();
      expect(await rest(text)).toBe('mugs.');
      expect(await service.ended).toEqual(GOOD_END);
      expect(service.stderr).toBe('');
    } finally {
      provider.stop();
    }
  });
});

describe('the spans that the service exports', () => {
  let receiver: OtlpReceiver;
  let endpoint: string;
  let emulator: ProviderEmulator;
  beforeEach(async () => {
    receiver = new OtlpReceiver();
    endpoint = await receiver.start();
    emulator = await startProviderEmulator();
  });
  afterEach(async () => {
    receiver.stop();
    await emulator.stop();
  });

  /** Sends a request to each endpoint and stops the service, which flushes its spans. */
  async function run(env: Readonly<Record<string, string>> = {}): Promise<readonly ExportedSpan[]> {
    const service = startService({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OPENAI_API_KEY: 'sk-not-a-key',
      OPENAI_BASE_URL: emulator.openaiBaseUrl,
      ANTHROPIC_API_KEY: 'sk-ant-not-a-key',
      ANTHROPIC_BASE_URL: emulator.anthropicBaseUrl,
      ...env,
    });
    expect((await service.post('/orders/summarize', order)).status).toBe(200);
    expect((await service.post('/support/classify', ticket)).status).toBe(200);
    expect(await service.stop()).toEqual(GOOD_END);
    expect(service.stderr).toBe('');
    // Proves that `connections()` detects connections to the exporter and the provider.
    expect(connections().sort()).toEqual([endpoint, emulator.url].map((url) => new URL(url).host).sort());
    return receiver.spans;
  }

  it('form one trace from the incoming request to the outgoing request', async () => {
    const spans = await run();
    for (const { route, call, between, model, path } of [
      {
        route: '/orders/summarize',
        call: 'llm.summarize',
        between: [],
        model: 'gpt-4o-mini',
        path: '/v1/chat/completions',
      },
      {
        route: '/support/classify',
        call: 'llm.classify',
        // Created by the SDK.
        between: ['anthropic.messages.create'],
        model: 'claude-haiku-4-5',
        path: '/v1/messages',
      },
    ]) {
      const trace = spans.filter(({ traceId }) => traceId === named(spans, call).traceId);
      expect(lineage(trace)).toEqual([`POST ${route}`, call, ...between, `chat ${model}`, 'POST']);
      const [server, llm, chat, client] = [`POST ${route}`, call, `chat ${model}`, 'POST'].map((name) =>
        named(trace, name),
      );
      expect(server!.parentSpanId).toBeUndefined();
      expect(server!.attributes).toMatchObject({
        'http.request.method': 'POST',
        'http.route': route,
        'llm.request.calls': 1,
        'llm.request.total_tokens': llm!.attributes['llm.total_tokens'],
        'llm.request.estimated_cost_usd': llm!.attributes['llm.estimated_cost_usd'],
      });
      expect(llm!.attributes['llm.total_tokens']).toBeGreaterThan(0);
      expect(llm!.attributes['llm.estimated_cost_usd']).toBeGreaterThan(0);
      expect(chat!.attributes['gen_ai.request.model']).toBe(model);
      expect(client!.attributes).toMatchObject({
        'url.full': `${emulator.url}${path}`,
        'http.response.status_code': 200,
      });
    }
  });

  it('are propagated to providers in one traceparent header per request', async () => {
    const spans = await run();
    const clients = spans.filter(({ name }) => name === 'POST');
    expect(clients).toHaveLength(2);
    expect(
      emulator.requests.map(({ headers }) => headers.filter(([name]) => name === 'traceparent')),
    ).toEqual(clients.map(({ traceId, spanId }) => [['traceparent', `00-${traceId}-${spanId}-01`]]));
  });

  it.each<[string, Record<string, string>]>([
    ['without variables', {}],
    ['with empty variables', { OTEL_SERVICE_NAME: '', OTEL_RESOURCE_ATTRIBUTES: '' }],
  ])('have the name and version of the service as resource attributes %s', async (_, env) => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const spans = await run(env);
    expect(spans.length).toBeGreaterThan(0);
    for (const { resource } of spans) {
      expect(resource).toMatchObject({ 'service.name': 'llm-example', 'service.version': version });
    }
  });

  it('use the service name and resource attributes from the environment', async () => {
    const spans = await run({
      OTEL_SERVICE_NAME: 'orders-of-the-north',
      OTEL_RESOURCE_ATTRIBUTES: 'service.version=7.1.0,deployment.environment.name=test',
    });
    expect(spans.length).toBeGreaterThan(0);
    for (const { resource } of spans) {
      expect(resource).toMatchObject({
        'service.name': 'orders-of-the-north',
        'service.version': '7.1.0',
        'deployment.environment.name': 'test',
      });
    }
  });
});

/** Yields the text of a response as it arrives. */
async function* pieces(response: Response): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  for await (const bytes of response.body!) yield decoder.decode(bytes, { stream: true });
}

async function rest(text: AsyncGenerator<string>): Promise<string> {
  let all = '';
  for await (const piece of text) all += piece;
  return all;
}

function named(spans: readonly ExportedSpan[], name: string): ExportedSpan {
  const found = spans.filter((span) => span.name === name);
  expect(found.map((span) => span.name)).toEqual([name]);
  return found[0]!;
}

/** Returns the names of a trace's spans, parents before children. */
function lineage(spans: readonly ExportedSpan[], parentSpanId?: string): string[] {
  return spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .flatMap(({ name, spanId }) => [name, ...lineage(spans, spanId)]);
}

/** Resolves when the server refuses connections. */
async function untilRefused(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const isRefused = async (): Promise<boolean> => {
    const socket = connect(Number(port), hostname);
    try {
      await once(socket, 'connect');
      return false;
    } catch {
      return true;
    } finally {
      socket.destroy();
    }
  };
  await poll(
    async () => (await isRefused()) || undefined,
    () => `${url} refuses connections`,
    { everyMs: 1 },
  );
}

/** Stands in for OpenAI. Sends the first word of a stream immediately, and the rest when the test releases it. */
class GatedProvider {
  private readonly responses: ServerResponse[] = [];

  private constructor(
    readonly baseUrl: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<GatedProvider> {
    const server = createServer();
    const provider = new GatedProvider(`http://127.0.0.1:${await listen(server)}/v1`, server);
    server.on('request', (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event('Two '));
      provider.responses.push(response);
    });
    return provider;
  }

  finish(): void {
    for (const response of this.responses) response.end(`${event('mugs.', 'stop')}data: [DONE]\n\n`);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

function event(content: string, finish_reason: string | null = null): string {
  const chunk = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'gpt-4o-mini',
    choices: [{ index: 0, delta: { content }, finish_reason }],
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
