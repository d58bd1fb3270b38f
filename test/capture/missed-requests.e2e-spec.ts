import { EventEmitter, once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:http2';
import { connect as connectTo, type AddressInfo, type Socket } from 'node:net';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import {
  onMissedRequest,
  type MissedRequest,
} from '../../src/llm-telemetry/wire/transports/missed-requests.js';
import { axios, UndiciAgent, undiciFetch, undiciRequest } from '../sdks/http-packages.js';
import { StubbedApp } from '../support/stubbed-app.js';

const stubbed = new StubbedApp();
const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
const PATH = '/v1/chat/completions';

describe('requests that are not captured', () => {
  const missed: MissedRequest[] = [];
  const changes = new EventEmitter();

  /** WebSockets are reported later, because a socket can be observed shortly after it connects. */
  async function untilMissed(count: number): Promise<void> {
    while (missed.length < count) await once(changes, 'missed');
  }

  let stop = (): void => {};
  beforeAll(() => {
    stop = onMissedRequest((one) => {
      missed.push(one);
      changes.emit('missed');
    });
  });
  afterAll(() => stop());
  beforeEach(() => {
    missed.length = 0;
    stubbed.server.respond = (_request, response) => void response.end('{}');
  });

  const host = (): string => new URL(stubbed.server.url).host;

  it('are named in one warning per transport, with its remedy', async () => {
    for (let turn = 0; turn < 2; turn++) {
      await undiciRequest(stubbed.server.url + PATH, { method: 'POST', body: BODY });
      const upgrade = httpRequest(`${stubbed.server.url}/v1/realtime`, {
        headers: { connection: 'Upgrade', upgrade: 'websocket' },
      }).end();
      upgrade.on('error', () => {});
      await once(upgrade, 'close');
    }
    await untilMissed(4);
    const warnings = stubbed.telemetry.logger.of('LlmTelemetry').filter(({ level }) => level === 'warn');
    expect(warnings.map(({ text }) => text)).toEqual([
      expect.stringContaining('wrapFetch'),
      expect.stringContaining('observeWebSocket'),
    ]);
  });

  it('are reported for undici', async () => {
    await undiciRequest(stubbed.server.url + PATH, { method: 'POST', body: BODY });
    expect(missed).toEqual([{ host: host(), transport: 'undici' }]);
  });

  it('are reported for results of a batch, but not for creating and polling it', async () => {
    const batches = `${stubbed.server.url}/v1/messages/batches`;
    await undiciRequest(batches, { method: 'POST', body: '{}' });
    await undiciRequest(`${batches}/msgbatch_1`, { method: 'GET' });
    expect(missed).toEqual([]);
    await undiciRequest(`${batches}/msgbatch_1/results`, { method: 'GET' });
    expect(missed).toEqual([{ host: host(), transport: 'undici' }]);
  });

  it.each([
    ['of OpenAI', 'api.openai.com', '/v1/files/file-abc123/content'],
    [
      'of the Gemini API',
      'generativelanguage.googleapis.com',
      '/download/v1beta/files/batch-1:download?alt=media',
    ],
  ])('are reported for a file %s, but not of an application', async (_, provider, path) => {
    const dispatcher = agentOf(stubbed.server.url);
    await undiciRequest(`http://files.example${path}`, { dispatcher });
    await undiciRequest(`http://${provider}/v1/files`, { dispatcher });
    expect(missed).toEqual([]);
    await undiciRequest(`http://${provider}${path}`, { dispatcher });
    expect(missed).toEqual([{ host: provider, transport: 'undici' }]);
    await dispatcher.close();
  });

  it('are reported for a WebSocket of the Responses or Realtime API', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    for (const path of ['/v1/responses', '/v1/realtime?model=gpt-realtime', '/chat']) {
      const upgrade = httpRequest(stubbed.server.url + path, { headers }).end();
      upgrade.on('error', () => {});
      await once(upgrade, 'close');
    }
    await untilMissed(2);
    expect(missed).toEqual([
      { host: host(), transport: 'websocket' },
      { host: host(), transport: 'websocket' },
    ]);
  });

  it('are reported for HTTP/2 if Node.js publishes its streams', async () => {
    const server = createServer((_request, response) => void response.end('{}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const session = connect(`http://${authority}`);
    const stream = session.request({ ':method': 'POST', ':path': PATH });
    stream.resume().end(BODY);
    await once(stream, 'close');
    for (const path of ['/v1/messages/batches/msgbatch_1/results', '/v1/messages/batches/msgbatch_1']) {
      const get = session.request({ ':path': path });
      await once(get.resume(), 'close');
    }
    session.close();
    server.close();
    const isPublished = Number(process.versions.node.split('.')[0]) >= 24;
    const twice = [PATH, 'results'].map(() => ({ host: authority, transport: 'http2' }));
    expect(missed).toEqual(isPublished ? twice : []);
  });

  describe('to an API of a known provider that is not known', () => {
    /** Sends a POST to the local server that the library sees as one to another host. */
    const SENDERS: ReadonlyArray<readonly [string, (host: string, path: string) => Promise<void>]> = [
      [
        'undici',
        async (target, path) => {
          const dispatcher = agentOf(stubbed.server.url);
          await undiciRequest(`http://${target}${path}`, { method: 'POST', body: '{}', dispatcher });
          await dispatcher.close();
        },
      ],
      [
        'fetch',
        async (target, path) => {
          const dispatcher = agentOf(stubbed.server.url);
          const init = { method: 'POST', body: '{}', dispatcher } as unknown as RequestInit;
          await (await tapped()(`http://${target}${path}`, init)).text();
          await dispatcher.close();
        },
      ],
      [
        'node:http',
        async (target, path) => {
          const port = Number(new URL(stubbed.server.url).port);
          const createConnection = (): Socket => connectTo(port, '127.0.0.1');
          const sent = httpRequest({ host: target, path, method: 'POST', createConnection }).end('{}');
          const [response] = (await once(sent, 'response')) as [IncomingMessage];
          await once(response.resume(), 'end');
        },
      ],
    ];
    const tapped = (): typeof fetch =>
      stubbed.telemetry.get(LlmTelemetry).wrapFetch(undiciFetch as unknown as typeof fetch);

    it.each(SENDERS)('are reported with a remedy of their own, over %s', async (_, send) => {
      await send('api.openai.com', '/v1/threads/thread_1/runs');
      expect(missed).toEqual([{ host: 'api.openai.com', transport: 'unknown_api' }]);
    });

    it.each(SENDERS)('are not reported if they generate nothing, over %s', async (_, send) => {
      for (const [target, path] of OTHERS) await send(target, path);
      expect(missed).toEqual([]);
    });

    it('are reported beside the objects of their API', async () => {
      const [, send] = SENDERS[0]!;
      for (const [target, path] of GENERATING) await send(target, path);
      expect(missed).toEqual(GENERATING.map(([target]) => ({ host: target, transport: 'unknown_api' })));
    });

    it.each(SENDERS)('are not reported at hosts with other APIs, over %s', async (_, send) => {
      await send('acme.cloud.databricks.com', '/api/2.0/sql/statements');
      await send('us-central1-aiplatform.googleapis.com', '/v1/projects/p/locations/l/customJobs');
      await send('shop.example', '/v1/threads/thread_1/runs');
      expect(missed).toEqual([]);
      await send('acme.cloud.databricks.com', '/serving-endpoints/agent/served');
      expect(missed).toEqual([{ host: 'acme.cloud.databricks.com', transport: 'unknown_api' }]);
    });

    it('are reported for a WebSocket', async () => {
      const port = Number(new URL(stubbed.server.url).port);
      const upgrade = httpRequest({
        host: 'generativelanguage.googleapis.com',
        path: '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=k',
        headers: { connection: 'Upgrade', upgrade: 'websocket' },
        createConnection: () => connectTo(port, '127.0.0.1'),
      }).end();
      upgrade.on('error', () => {});
      await once(upgrade, 'close');
      expect(missed).toEqual([{ host: 'generativelanguage.googleapis.com:80', transport: 'unknown_api' }]);
    });
  });

  it('are not reported if they only look like model requests, or are captured', async () => {
    const { url } = stubbed.server;
    await undiciRequest(`${url}/v3/mail.example/messages`, { method: 'POST', body: 'from=a' });
    await undiciRequest(`${url}/chain/invoke`, { method: 'POST', body: '{"input":"a"}' });
    await axios.post(url + PATH, BODY, { headers: { 'content-type': 'application/json' } });
    expect(missed).toEqual([]);
  });
});

/** Requests to providers that generate something, in no format. */
const GENERATING: ReadonlyArray<readonly [host: string, path: string]> = [
  ['api.openai.com', '/v1/threads/runs'],
  ['api.openai.com', '/v1/threads/thread_1/runs/run_1/submit_tool_outputs'],
  ['api.openai.com', '/v1/realtime/calls'],
  ['my.openai.azure.com', '/openai/deployments/gpt/extensions/new'],
  ['api.anthropic.com', '/v1/complete'],
  ['generativelanguage.googleapis.com', '/v1beta/models/veo-3:predictLongRunning'],
  [
    'us-east1-aiplatform.googleapis.com',
    '/v1/projects/p/locations/l/publishers/google/models/veo:predictLongRunning',
  ],
  ['bedrock-runtime.us-east-1.amazonaws.com', '/async-invoke'],
  ['api.cohere.com', '/v1/classify'],
];

/** Requests to providers that generate nothing. */
const OTHERS: ReadonlyArray<readonly [host: string, path: string]> = [
  ['api.openai.com', '/v1/files'],
  ['api.openai.com', '/v1/uploads/upload_1/parts'],
  ['api.openai.com', '/v1/batches'],
  ['api.openai.com', '/v1/batches/batch_1/cancel'],
  ['api.openai.com', '/v1/fine_tuning/jobs'],
  ['api.openai.com', '/v1/vector_stores/vs_1/search'],
  ['api.openai.com', '/v1/assistants'],
  ['api.openai.com', '/v1/threads'],
  ['api.openai.com', '/v1/threads/thread_1/messages'],
  ['api.openai.com', '/v1/threads/thread_1/runs/run_1/cancel'],
  ['api.openai.com', '/v1/moderations'],
  ['api.openai.com', '/v1/responses/resp_1/cancel'],
  ['api.openai.com', '/v1/responses/input_tokens'],
  ['api.openai.com', '/v1/realtime/client_secrets'],
  ['api.openai.com', '/v1/organization/projects'],
  ['api.openai.com', '/v1/traces/ingest'],
  ['my.openai.azure.com', '/openai/v1/files'],
  ['api.anthropic.com', '/v1/messages/count_tokens'],
  ['api.anthropic.com', '/v1/messages/batches/b_1/cancel'],
  ['api.anthropic.com', '/v1/files'],
  ['generativelanguage.googleapis.com', '/v1beta/models/gemini-2.5-flash:countTokens'],
  ['generativelanguage.googleapis.com', '/v1beta/cachedContents'],
  ['generativelanguage.googleapis.com', '/upload/v1beta/files'],
  ['generativelanguage.googleapis.com', '/v1beta/batches/b_1:cancel'],
  ['bedrock-runtime.us-east-1.amazonaws.com', '/model/anthropic.claude/count-tokens'],
  ['bedrock-runtime.us-east-1.amazonaws.com', '/guardrail/g/version/1/apply'],
  ['api.mistral.ai', '/v1/batch/jobs'],
  ['api.mistral.ai', '/v1/agents'],
  ['api.cohere.com', '/v1/tokenize'],
  ['api.x.ai', '/v1/tokenize-text'],
  ['openrouter.ai', '/api/v1/keys'],
  ['dashscope.aliyuncs.com', '/api/v1/tasks/t_1/cancel'],
  ['api.cloudflare.com', '/client/v4/accounts/a/ai/finetunes'],
];

/** Returns an agent that sends the requests to all hosts to a local server. */
function agentOf(url: string): UndiciAgent {
  const port = Number(new URL(url).port);
  return new UndiciAgent({
    connect: (_options, callback) => {
      const socket = connectTo(port, '127.0.0.1', () => callback(null, socket));
    },
  });
}
