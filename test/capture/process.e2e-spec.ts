import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProviderEmulator, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import { readConfig } from '../../src/example/app-config.js';
import { OtlpReceiver, type ExportedSpan } from '../../src/example/demo/otlp-receiver.js';
import { NodeProcess } from '../support/node-process.js';
import { ORDER, ORDER_SUMMARY, TICKET } from '../support/samples.js';
import { ServiceProcess } from '../support/service-process.js';

/** Behavior of the example service and of the built library in a separate process. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixture = (name: string): string => fileURLToPath(new URL(`../process/${name}`, import.meta.url));

// Less than the 72 seconds for which the service keeps a connection alive: ending has to be faster than that.
import.meta.jest.setTimeout(60_000);

/** The working directory of the processes: empty, so that no `.env` is read. */
let cwd: string;

beforeAll(async () => {
  // Builds only where the sources are not those that `dist` was built from.
  const build = spawn(process.execPath, ['scripts/prepare.mjs', '--build'], { cwd: root, stdio: 'inherit' });
  const [code] = (await once(build, 'close')) as [number | null];
  if (code !== 0) throw new Error('The build failed.');
});
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-process-'));
});
afterEach(async () => {
  await NodeProcess.killAll();
  rmSync(cwd, { recursive: true, force: true });
});

function startService(env: Readonly<Record<string, string>> = {}): ServiceProcess {
  return new ServiceProcess({
    cwd,
    env: { PORT: '0', ...env },
    nodeArgs: ['--import', fixture('note-connections.mjs')],
  });
}

/** Where the processes of this test have tried to connect to, each once: `<address>:<port>`. */
function connections(): string[] {
  const file = join(cwd, 'connections.txt');
  return existsSync(file) ? [...new Set(readFileSync(file, 'utf8').trim().split('\n'))] : [];
}

const order = { order_text: ORDER, user_id: 'customer-1' };
const ticket = { ticket_text: TICKET };
const GOOD_END = { code: 0, signal: null };

describe('the service without any configuration', () => {
  it('uses the emulator, logs that, and opens no other connection', async () => {
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
    // One emulator for both providers: an exporter, or anything else, would go to another port.
    expect(connections()).toEqual([expect.stringMatching(/^127\.0\.0\.1:(?!431[78]$)\d+$/)]);
  });

  it('starts with every line of .env.example', async () => {
    cpSync(join(root, '.env.example'), join(cwd, '.env'));
    const service = startService();
    expect(await answer(service.post('/orders/summarize', order))).toEqual([200, { summary: ORDER_SUMMARY }]);
    expect(await service.stop()).toEqual(GOOD_END);
    expect(service.stderr).toBe('');
  });

  it('treats empty variables of OpenTelemetry as unset', async () => {
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
  it('finishes a streamed response of its emulator first', async () => {
    const service = startService();
    const text = pieces(await service.post('/orders/summarize/stream', order));
    const first = await text.next();
    service.kill('SIGTERM');
    expect(String(first.value) + (await rest(text))).toBe(ORDER_SUMMARY);
    expect(await service.ended).toEqual(GOOD_END);
    expect(service.stderr).toBe('');
  });

  it('finishes a pending response after it stopped accepting connections', async () => {
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

  /** Sends a request to each endpoint, and ends the service, which makes it export what it has. */
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
    // Both are seen here: so where a test sees no connection, there is none.
    expect(connections().sort()).toEqual([endpoint, emulator.url].map((url) => new URL(url).host).sort());
    return receiver.spans;
  }

  it('are one trace from the request that came in to the one that went out', async () => {
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
        // The SDK's own.
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

  it('continue at the providers by one traceparent header per request', async () => {
    const spans = await run();
    const clients = spans.filter(({ name }) => name === 'POST');
    expect(clients).toHaveLength(2);
    expect(
      emulator.requests.map(({ headers }) => headers.filter(([name]) => name === 'traceparent')),
    ).toEqual(clients.map(({ traceId, spanId }) => [['traceparent', `00-${traceId}-${spanId}-01`]]));
  });

  it.each<[string, Record<string, string>]>([
    ['without variables', {}],
    ['with empty ones', { OTEL_SERVICE_NAME: '', OTEL_RESOURCE_ATTRIBUTES: '' }],
  ])('name the service and its version, %s', async (_, env) => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const spans = await run(env);
    expect(spans.length).toBeGreaterThan(0);
    for (const { resource } of spans) {
      expect(resource).toMatchObject({ 'service.name': 'llm-example', 'service.version': version });
    }
  });

  it('use the service name of the environment', async () => {
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

describe('the service with a wrong configuration', () => {
  it.each<[string, Record<string, string>, string]>([
    ['an invalid port', { PORT: 'abc' }, 'PORT must be an integer from 0 to 65535, received "abc".'],
    [
      'an unknown value',
      { LLM_EMULATOR: 'maybe' },
      'LLM_EMULATOR must be one of auto, on, off, received "maybe".',
    ],
    [
      'an invalid base URL',
      { OPENAI_API_KEY: 'sk-not-a-key', OPENAI_BASE_URL: 'gateway:8080' },
      'OPENAI_BASE_URL must be an http or https URL, received "gateway:8080".',
    ],
    [
      'no keys in production',
      { NODE_ENV: 'production' },
      'OPENAI_API_KEY must be set if NODE_ENV is "production". Set the key, or LLM_EMULATOR=on.',
    ],
    [
      'one key of two in production',
      { NODE_ENV: 'production', OPENAI_API_KEY: 'sk-not-a-key' },
      'ANTHROPIC_API_KEY must be set if NODE_ENV is "production". Set the key, or LLM_EMULATOR=on.',
    ],
  ])('does not start and prints the reason in one sentence: %s', async (_, env, sentence) => {
    const service = startService(env);
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.stderr).toBe(`${sentence}\n`);
    expect(service.stdout).toBe('');
  });

  it('does not start on a port in use and names the port', async () => {
    const other = createServer();
    try {
      const port = await listen(other);
      const service = startService({ PORT: String(port) });
      expect(await service.ended).toEqual({ code: 1, signal: null });
      // Nest says it as well, with a stack.
      expect(service.stderr.trim().split('\n').at(-1)).toBe(
        `PORT ${port} is already in use. Set PORT to a free port.`,
      );
    } finally {
      other.close();
    }
  });

  it('starts in production with the emulator if that is enabled, and logs JSON', async () => {
    const service = startService({ NODE_ENV: 'production', LLM_EMULATOR: 'on' });
    expect(await answer(service.post('/orders/summarize', order))).toEqual([200, { summary: ORDER_SUMMARY }]);
    expect(await service.stop()).toEqual(GOOD_END);
    expect(service.stderr).toBe('');
    for (const line of service.stdout.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), message: expect.anything() });
    }
  });
});

describe('the file .env', () => {
  it('in the working directory is read, and variables of the environment take precedence', async () => {
    const env = {
      OPENAI_API_KEY: 'sk-not-a-key',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/from-the-file',
      ANTHROPIC_API_KEY: 'sk-ant-not-a-key',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9/from-the-file',
      LLM_EMULATOR: 'maybe',
    };
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(cwd, '.env'), lines.join(''));
    const service = startService({
      LLM_EMULATOR: 'off',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9/from-the-environment',
    });
    await service.url();
    expect(service.stdout).toContain('OpenAI: http://127.0.0.1:9/from-the-file.');
    expect(service.stdout).toContain('Anthropic: http://127.0.0.1:9/from-the-environment.');
  });

  it('configures OpenTelemetry too', async () => {
    const receiver = new OtlpReceiver();
    try {
      const endpoint = await receiver.start();
      writeFileSync(
        join(cwd, '.env'),
        `OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/json\nOTEL_SERVICE_NAME=from-the-file\n`,
      );
      const service = startService();
      await fetch(`${await service.url()}/health`);
      expect(await service.stop()).toEqual(GOOD_END);
      expect(receiver.spans.map(({ name, resource }) => [name, resource['service.name']])).toEqual([
        ['GET /health', 'from-the-file'],
      ]);
    } finally {
      receiver.stop();
    }
  });

  it('has an example with all variables that the service reads, and no others', () => {
    const text = readFileSync(join(root, '.env.example'), 'utf8');
    const documented = [...text.matchAll(/^(?:# )?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name!);
    const read = new Set([...variablesOfConfig(), ...variablesNamed(join(root, 'src/example'))]);
    // OpenTelemetry's own are many, and documented by it: the example shows some.
    const ours = (name: string): boolean => !name.startsWith('OTEL_');
    expect(documented.filter(ours).sort()).toEqual([...read].filter(ours).sort());
    expect(new Set(documented).size).toBe(documented.length);
  });
});

describe('the built library', () => {
  async function run(name: string, ...args: string[]): Promise<unknown> {
    const process = new NodeProcess([fixture(name), ...args], { cwd });
    const end = await process.ended;
    expect({ ...end, stderr: process.stderr }).toEqual({ ...GOOD_END, stderr: '' });
    return JSON.parse(process.stdout);
  }

  it('reports an unhandled rejection to the process once, with the original error', async () => {
    const { unhandled, failures } = (await run('unhandled-rejections.mjs')) as {
      unhandled: string[];
      failures: string[];
    };
    expect(unhandled.sort()).toEqual(['async', 'retry', 'run']);
    expect(failures).toEqual(['unknown', 'unknown', 'unknown']);
  });

  it('leaves the rejections of lazy results to the process as without the annotation', async () => {
    const heard = (await run('unhandled-lazy-results.mjs')) as Record<string, string[]>;
    expect(heard['plain']!.sort()).toEqual([
      'a pipe of a stream',
      'a step of a generator',
      'a subclass with finally',
      'a subclass with then',
      'a subclass, not consumed',
    ]);
    expect(heard['annotated']!.sort()).toEqual(heard['plain']);
    expect(heard['retried']!.sort()).toEqual(heard['plain']);
  });

  it('leaves the rejections of refused event streams to the process as SDKs do, with the error of the budget', async () => {
    const { heard, requests } = (await run('refused-streams.mjs')) as {
      heard: Record<'plain' | 'annotated', Array<[scenario: string, error: string]>>;
      requests: Record<string, number>;
    };
    expect(heard.plain.length).toBeGreaterThan(0);
    expect(heard.annotated).toEqual(heard.plain.map(([scenario]) => [scenario, 'LlmBudgetExceededError']));
    expect(requests).toMatchObject({ held: 1, annotated: 0 });
    expect(requests['plain']).toBeGreaterThan(heard.plain.length);
  });

  it.each<[string, string[], number]>([
    ['its ES modules and its CommonJS build', ['esm', 'cjs'], 2],
    ['its CommonJS build and its ES modules', ['cjs', 'esm'], 2],
    ['two copies, each annotating for the other', ['esm', 'cjs', 'cjs', 'esm'], 2],
    ['one copy', ['esm', 'esm'], 1],
  ])('serves two applications in one process: %s', async (_, args, copies) => {
    expect(await run('two-applications.mjs', ...args)).toEqual({
      copies,
      taps: 1,
      requests: 30,
      records: [
        {
          'application 1, summarize, attempts: 1': 10,
          'application 1, around, attempts: 0': 10,
        },
        { 'application 2, summarize, attempts: 1': 20 },
      ],
    });
  });
});

async function answer(sent: Promise<Response>): Promise<[status: number, body: unknown]> {
  const response = await sent;
  return [response.status, await response.json()];
}

/** The text of an answer, as it comes in. */
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

/** The names of a trace's spans, parents before their children. */
function lineage(spans: readonly ExportedSpan[], parentSpanId?: string): string[] {
  return spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .flatMap(({ name, spanId }) => [name, ...lineage(spans, spanId)]);
}

/** Names of variables that the configuration asks its environment for. */
function variablesOfConfig(): Set<string> {
  const asked = new Set<string>();
  readConfig(new Proxy({}, { get: (_, name) => void asked.add(String(name)) }));
  return asked;
}

/** Names of variables that stand in the sources as `env['NAME']`. */
function variablesNamed(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'),
  );
  return files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/\benv\['([A-Z_]+)'\]/g)].map(
      ([, found]) => found!,
    ),
  );
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Resolves when nothing accepts connections there any more. */
async function untilRefused(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  for (;;) {
    const socket = connect(Number(port), hostname);
    try {
      await once(socket, 'connect');
    } catch {
      return;
    } finally {
      socket.destroy();
    }
  }
}

/** In OpenAI's place: answers the first word of a stream at once, the rest when the test says so. */
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
