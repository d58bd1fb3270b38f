import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai-7';
import { ResponsesWS } from 'openai-7/resources/responses/ws';
import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { WebSocket as WsSocket, WebSocketServer } from 'ws';
import { RecordCollector } from '../support/record-collector.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

type Message = Readonly<Record<string, unknown>>;
type Reply = (event: Message, send: (event: Message) => void, socket: WsSocket) => void;

const USAGE = { input_tokens: 100, output_tokens: 5, total_tokens: 105 };

/** Shapes: types of openai 7 (`ResponsesServerEvent`). https://github.com/BerriAI/litellm/issues/38674 */
const answerResponses: Reply = ({ type, model, stream_id }, send) => {
  if (type !== 'response.create') return;
  const lane = stream_id === undefined ? {} : { stream_id };
  const id = typeof stream_id === 'string' ? `resp_${stream_id}` : 'resp_one';
  const response = { id, object: 'response', status: 'in_progress', model, output: [] };
  send({ type: 'response.created', response, ...lane });
  send({ type: 'response.output_text.delta', delta: 'Hel', item_id: 'a', ...lane });
  send({ type: 'response.output_text.delta', delta: 'lo.', item_id: 'a', ...lane });
  send({ type: 'response.completed', response: { ...response, status: 'completed', usage: USAGE }, ...lane });
};

/** Shapes: types of openai 7 (`RealtimeServerEvent`). https://github.com/pipecat-ai/pipecat/pull/5050 */
const REALTIME_USAGE = {
  input_tokens: 300,
  output_tokens: 120,
  total_tokens: 420,
  input_token_details: {
    text_tokens: 100,
    audio_tokens: 200,
    cached_tokens: 150,
    cached_tokens_details: { text_tokens: 50, audio_tokens: 100 },
  },
  output_token_details: { text_tokens: 20, audio_tokens: 100 },
};

function realtimeResponse(send: (event: Message) => void, done: Message = {}): void {
  const response = { object: 'realtime.response', id: 'resp_1', status: 'in_progress', output: [] };
  send({ type: 'response.created', response });
  send({ type: 'response.output_audio.delta', response_id: 'resp_1', delta: 'UklGRg==' });
  send({
    type: 'response.done',
    response: {
      ...response,
      status: 'completed',
      output: [{ type: 'message' }],
      usage: REALTIME_USAGE,
      ...done,
    },
  });
}

describe('WebSockets of OpenAI', () => {
  const records = new RecordCollector();
  let telemetry: TelemetryApp;
  let llm: LlmTelemetry;
  let server: WebSocketServer;
  let origin: string;
  let reply: Reply;

  beforeAll(async () => {
    telemetry = await startTelemetryApp({ options: { onCall: records.onCall } });
    llm = telemetry.get(LlmTelemetry);
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => {
      const send = (event: Message): void => socket.send(JSON.stringify(event));
      reply({ type: 'connected' }, send, socket);
      socket.on('message', (data: Buffer) => reply(JSON.parse(data.toString()) as Message, send, socket));
    });
  });
  afterAll(async () => {
    const missed = telemetry.logger.entries.find(({ text }) => text.includes('not captured'));
    if (missed) throw new Error(missed.text);
    for (const socket of server.clients) socket.terminate();
    server.close();
    await telemetry.stop();
  });
  beforeEach(() => {
    records.clear();
    reply = answerResponses;
  });

  async function open(path: string): Promise<WsSocket> {
    const socket = llm.observeWebSocket(new WsSocket(`ws://${origin}${path}`));
    await once(socket, 'open');
    return socket;
  }

  function until(socket: WsSocket, type: string): Promise<void> {
    return new Promise((resolve) =>
      socket.on('message', (data: Buffer) => {
        if ((JSON.parse(data.toString()) as Message)['type'] === type) resolve();
      }),
    );
  }

  async function inCall(work: () => Promise<unknown>): Promise<CallRecord> {
    await llm.run({ feature: 'voice', operation: 'speak' }, work);
    return records.only();
  }

  it('are captured for Responses over the socket of ws', async () => {
    const socket = await open('/v1/responses');
    const record = await inCall(async () => {
      socket.send(
        JSON.stringify({ type: 'response.create', model: 'gpt-4o-mini', input: 'Hello', temperature: 0.5 }),
      );
      await until(socket, 'response.completed');
    });
    expect(record).toMatchObject({ feature: 'voice', failure: null, finishReason: 'stop' });
    expect(record.timeToFirstTokenMs).toBeGreaterThan(0);
    expect(record.attempts).toMatchObject([
      {
        status: 101,
        ending: 'finished',
        requestModel: 'gpt-4o-mini',
        responseId: 'resp_one',
        parameters: { temperature: 0.5, stream: true },
        usage: { source: 'provider', inputTokens: 100, outputTokens: 5 },
        cost: { source: 'table' },
      },
    ]);
    socket.close();
  });

  it('are captured for Responses over the socket of the platform', async () => {
    const socket = llm.observeWebSocket(new WebSocket(`ws://${origin}/v1/responses`));
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    const received: unknown[] = [];
    const record = await inCall(
      () =>
        new Promise<void>((resolve) => {
          socket.addEventListener('message', ({ data }) => {
            received.push((JSON.parse(String(data)) as Message)['type']);
            if (received.at(-1) === 'response.completed') resolve();
          });
          socket.send(JSON.stringify({ type: 'response.create', model: 'gpt-4o-mini', input: 'Hello' }));
        }),
    );
    expect(received).toHaveLength(4);
    expect(record.usage).toMatchObject({ inputTokens: 100, outputTokens: 5 });
    socket.close();
  });

  it('are captured for the ResponsesWS of openai', async () => {
    const client = new OpenAI({ apiKey: 'sk-canary', baseURL: `http://${origin}/v1` });
    const socket = llm.observeWebSocket(new ResponsesWS(client));
    const record = await inCall(
      () =>
        new Promise<void>((resolve, reject) => {
          socket.on('response.completed', () => resolve());
          socket.on('error', reject);
          socket.send({ type: 'response.create', model: 'gpt-4o-mini', input: 'Hello' });
        }),
    );
    expect(record.usage).toMatchObject({ source: 'provider', inputTokens: 100, outputTokens: 5 });
    expect(record).toMatchObject({ finishReason: 'stop', failure: null });
    socket.close();
  });

  it('are distinguished by their lane if several responses run at once', async () => {
    const socket = await open('/v1/responses');
    const held: Array<() => void> = [];
    reply = (event, send) => {
      if (event['type'] === 'response.create') held.push(() => answerResponses(event, send, socket));
      if (held.length === 2) for (const release of held.toReversed()) release();
    };
    const ask = (lane: string, model: string): Promise<unknown> =>
      llm.run({ feature: 'voice', operation: lane }, async () => {
        const done = new Promise<void>((resolve) =>
          socket.on('message', (data: Buffer) => {
            const { type, stream_id } = JSON.parse(data.toString()) as Message;
            if (type === 'response.completed' && stream_id === lane) resolve();
          }),
        );
        socket.send(JSON.stringify({ type: 'response.create', model, input: 'Hello', stream_id: lane }));
        await done;
      });
    await Promise.all([ask('one', 'gpt-4o-mini'), ask('two', 'gpt-4o')]);
    const both = await records.exactly(2);
    expect(
      both.map(({ operation, requestModel, attempts }) => [operation, requestModel, attempts[0]!.responseId]),
    ).toEqual(
      expect.arrayContaining([
        ['one', 'gpt-4o-mini', 'resp_one'],
        ['two', 'gpt-4o', 'resp_two'],
      ]),
    );
    socket.close();
  });

  it('are captured for Realtime, with audio and cached audio', async () => {
    reply = ({ type }, send) => {
      if (type === 'connected')
        send({ type: 'session.created', session: { model: 'gpt-realtime-2025-08-28' } });
      if (type === 'response.create') realtimeResponse(send);
    };
    const socket = await open('/v1/realtime?model=gpt-realtime');
    const record = await inCall(async () => {
      socket.send(JSON.stringify({ type: 'response.create', response: { output_modalities: ['audio'] } }));
      await until(socket, 'response.done');
    });
    expect(record.attempts).toMatchObject([
      {
        requestModel: expect.stringMatching(/^gpt-realtime/),
        parameters: { outputType: 'speech' },
        finishReason: 'stop',
        usage: {
          inputTokens: 300,
          cachedInputTokens: 50,
          cachedAudioInputTokens: 100,
          audioInputTokens: 100,
          outputTokens: 120,
          audioOutputTokens: 100,
          clamped: false,
        },
      },
    ]);
    socket.close();
  });

  it('are captured if the server starts the response', async () => {
    let start!: () => void;
    reply = ({ type }, send) => {
      if (type === 'connected') start = () => realtimeResponse(send);
    };
    const socket = await open('/v1/realtime?model=gpt-realtime');
    start();
    const record = await records.only();
    expect(record).toMatchObject({ feature: 'unattributed', requestModel: 'gpt-realtime' });
    expect(record.usage).toMatchObject({ inputTokens: 300 });
    socket.close();
  });

  it('record errors, and a socket that breaks', async () => {
    reply = ({ type, model }, send, socket) => {
      if (type !== 'response.create') return;
      if (model === 'broken') {
        send({ type: 'response.created', response: { id: 'resp_1', model } });
        socket.terminate();
      } else send({ type: 'error', status: 429, error: { code: 'rate_limit_exceeded', message: 'x' } });
    };
    const socket = await open('/v1/responses');
    const refused = await inCall(async () => {
      socket.send(JSON.stringify({ type: 'response.create', model: 'gpt-4o-mini', input: 'Hello' }));
      await until(socket, 'error');
    });
    expect(refused.attempts).toMatchObject([
      { ending: 'failed', failure: { type: 'rate_limit' }, usage: null },
    ]);
    records.clear();
    const cut = await inCall(async () => {
      socket.send(JSON.stringify({ type: 'response.create', model: 'broken', input: 'Hello' }));
      await once(socket, 'close');
    });
    expect(cut.attempts).toMatchObject([{ ending: 'cut', failure: { type: 'stream_cut' } }]);
  });

  it('are captured once if they are passed twice, and keep their properties', async () => {
    const socket = await open('/v1/responses');
    const keys = Reflect.ownKeys(socket);
    expect(llm.observeWebSocket(socket)).toBe(socket);
    expect(Reflect.ownKeys(socket)).toEqual(keys);
    expect(socket).toBeInstanceOf(WsSocket);
    const record = await inCall(async () => {
      socket.send(JSON.stringify({ type: 'response.create', model: 'gpt-4o-mini', input: 'Hello' }));
      await until(socket, 'response.completed');
    });
    expect(record.attempts).toHaveLength(1);
    socket.close();
  });

  it('of other services are left as they are', async () => {
    const socket = new WsSocket(`ws://${origin}/chat`);
    const prototype: unknown = Object.getPrototypeOf(socket);
    llm.observeWebSocket(socket);
    expect(Object.getPrototypeOf(socket)).toBe(prototype);
    await once(socket, 'open');
    socket.close();
  });
});
