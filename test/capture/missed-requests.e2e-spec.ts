import { EventEmitter, once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:http2';
import { connect as connectTo, type AddressInfo } from 'node:net';
import {
  onMissedRequest,
  type MissedRequest,
} from '../../src/llm-telemetry/wire/transports/missed-requests.js';
import { axios, UndiciAgent, undiciRequest } from '../sdks/http-packages.js';
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

  it('are not reported if they only look like model requests, or are captured', async () => {
    const { url } = stubbed.server;
    await undiciRequest(`${url}/v3/mail.example/messages`, { method: 'POST', body: 'from=a' });
    await undiciRequest(`${url}/chain/invoke`, { method: 'POST', body: '{"input":"a"}' });
    await axios.post(url + PATH, BODY, { headers: { 'content-type': 'application/json' } });
    expect(missed).toEqual([]);
  });
});

/** Returns an agent that sends the requests to all hosts to a local server. */
function agentOf(url: string): UndiciAgent {
  const port = Number(new URL(url).port);
  return new UndiciAgent({
    connect: (_options, callback) => {
      const socket = connectTo(port, '127.0.0.1', () => callback(null, socket));
    },
  });
}
