import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { WebSocket } from 'ws';
import { startProviderEmulator, type FaultSpec, type LedgerEntry, type ProviderEmulator } from './index.js';
import { Sockets } from './sockets.js';

type Message = Readonly<Record<string, unknown>> & { readonly type: string };
type Response = OpenAI.Realtime.RealtimeResponse;

describe('the emulator over WebSocket', () => {
  let emulator: ProviderEmulator;
  let sockets: WebSocket[];

  beforeEach(async () => {
    emulator = await startProviderEmulator();
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.terminate();
    await emulator.stop();
  });

  async function open(
    path: string,
  ): Promise<{ send(message: object): void; next(type: string): Promise<Message> }> {
    const socket = new WebSocket(emulator.openaiBaseUrl.replace('http', 'ws') + path);
    sockets.push(socket);
    const received: Message[] = [];
    socket.on('message', (data: Buffer) => {
      received.push(JSON.parse(data.toString()) as Message);
      socket.emit('received');
    });
    await once(socket, 'open');
    return {
      send: (message) => socket.send(JSON.stringify(message)),
      /** Resolves with the next message of a type, and drops those before it. */
      async next(type) {
        for (;;) {
          const index = received.findIndex((message) => message.type === type);
          if (index >= 0) return received.splice(0, index + 1).at(-1)!;
          await once(socket, 'received');
        }
      },
    };
  }

  const create = (input: string, others: object = {}): object => ({
    type: 'response.create',
    model: 'gpt-4o-mini',
    input,
    ...others,
  });
  const billed = (): LedgerEntry => emulator.ledger.entries().at(-1)!;

  it('sends the events of Responses with the usage of the ledger', async () => {
    const socket = await open('/responses');
    socket.send(create('Hello'));
    const { response } = (await socket.next('response.completed')) as unknown as {
      response: OpenAI.Responses.Response;
    };
    expect(billed()).toMatchObject({
      responseId: response.id,
      status: 101,
      stream: true,
      inputTokens: response.usage!.input_tokens,
      outputTokens: response.usage!.output_tokens,
      finish: 'stop',
      completed: true,
    });
    expect(emulator.requests).toMatchObject([
      { method: 'GET', path: '/v1/responses', body: { type: 'response.create', input: 'Hello' } },
    ]);
  });

  it('marks the messages of each lane, and continues responses from HTTP', async () => {
    const client = new OpenAI({ apiKey: 'sk-canary', baseURL: emulator.openaiBaseUrl });
    const first = await client.responses.create({ model: 'gpt-4o-mini', input: 'Hello' });
    const socket = await open('/responses');
    socket.send(create('Again', { previous_response_id: first.id, stream_id: 'one' }));
    expect(await socket.next('response.completed')).toMatchObject({ stream_id: 'one' });
    expect(billed().inputTokens).toBeGreaterThan(first.usage!.total_tokens);
    socket.send(create('Again', { previous_response_id: 'resp_none', stream_id: 'two' }));
    expect(await socket.next('error')).toMatchObject({ status: 400, stream_id: 'two' });
  });

  it('delivers errors that the client of openai reads', async () => {
    const socket = new ResponsesWS(new OpenAI({ apiKey: 'sk-canary', baseURL: emulator.openaiBaseUrl }));
    const failed = new Promise((resolve) => socket.on('error', resolve));
    socket.send({ type: 'response.create', model: 'gpt-4o-mini', input: '[emulate rate_limit] Hello' });
    expect(await failed).toMatchObject({ error: { error: { code: 'rate_limit_exceeded' } } });
    expect(billed()).toMatchObject({ status: 429, finish: 'rate_limit', billed: false });
    socket.close();
  });

  it.each<[FaultSpec, Partial<LedgerEntry>]>([
    [
      { kind: 'truncate', afterTokens: 5 },
      { finish: 'length', outputTokens: 5, completed: true },
    ],
    [{ kind: 'failed' }, { finish: 'failed', billed: false }],
    [
      { kind: 'stream_error', afterTokens: 3 },
      { finish: 'stream_error', outputTokens: 3 },
    ],
    [{ kind: 'html' }, { finish: 'server_error', status: 500 }],
  ])('ends a response with the fault %j, and keeps the connection', async (fault, entry) => {
    for (const path of ['/responses', '/realtime?model=gpt-realtime']) {
      emulator.reset();
      emulator.program(fault);
      const socket = await open(path);
      const isRealtime = path !== '/responses';
      const request = isRealtime
        ? { type: 'response.create', response: { output_modalities: ['text'] } }
        : create('Hello');
      socket.send(request);
      const isError = fault.kind === 'stream_error' || fault.kind === 'html';
      const ends: Partial<Record<FaultSpec['kind'], string>> = {
        truncate: 'response.incomplete',
        failed: 'response.failed',
      };
      await socket.next(isError ? 'error' : isRealtime ? 'response.done' : ends[fault.kind]!);
      expect(billed()).toMatchObject(entry);
      socket.send(request);
      await socket.next(isRealtime ? 'response.done' : 'response.completed');
    }
  });

  it.each<FaultSpec>([{ kind: 'cut', afterTokens: 4 }, { kind: 'cut' }, { kind: 'no_body' }])(
    'breaks the connection with the fault %j',
    async (fault) => {
      emulator.program(fault);
      const socket = await open('/responses');
      const closed = once(sockets[0]!, 'close');
      socket.send(create('Hello'));
      await closed;
      expect(billed()).toMatchObject({
        finish: 'cut',
        outputTokens: fault.afterTokens ?? 0,
        completed: false,
      });
    },
  );

  it('bills what it has sent when the client leaves', async () => {
    emulator.program({ kind: 'stall', afterTokens: 6 });
    const socket = await open('/responses');
    socket.send(create('Hello'));
    await socket.next('response.output_text.delta');
    sockets[0]!.terminate();
    while (emulator.ledger.entries().length === 0) await new Promise(setImmediate);
    expect(billed()).toMatchObject({ finish: 'stall', completed: false });
    expect([1, 2, 3, 4, 5, 6]).toContain(billed().outputTokens);
  });

  it('counts the audio of Realtime, which a user has sent or a response speaks', async () => {
    const socket = await open('/realtime?model=gpt-realtime');
    expect(await socket.next('session.created')).toMatchObject({ session: { model: 'gpt-realtime' } });
    socket.send({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.' } });
    await socket.next('session.updated');
    // One second of 24,000 samples of 2 bytes.
    for (let part = 0; part < 4; part++)
      socket.send({ type: 'input_audio_buffer.append', audio: Buffer.alloc(12_000).toString('base64') });
    socket.send({ type: 'input_audio_buffer.commit' });
    await socket.next('conversation.item.done');
    socket.send({ type: 'response.create' });
    await socket.next('response.output_audio.delta');
    const { response } = (await socket.next('response.done')) as unknown as { response: Response };
    const { inputTokens, outputTokens, audioInputTokens, audioOutputTokens } = billed();
    expect(audioInputTokens).toBe(10);
    expect(audioOutputTokens).toBe(outputTokens * 0.8);
    expect(response.usage).toMatchObject({
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      input_token_details: { audio_tokens: 10, text_tokens: inputTokens - 10 },
      output_token_details: { audio_tokens: audioOutputTokens },
    });
    // The conversation, with the response, is the input of the next one.
    socket.send({ type: 'response.create', response: { output_modalities: ['text'] } });
    await socket.next('response.output_text.delta');
    await socket.next('response.done');
    expect(billed().inputTokens).toBeGreaterThan(inputTokens);
    expect(billed().audioOutputTokens).toBe(0);
  });

  it('calls a tool of Realtime until the conversation has its result', async () => {
    const socket = await open('/realtime?model=gpt-realtime');
    const tools = [{ type: 'function', name: 'weather', parameters: { type: 'object', properties: {} } }];
    const request = { type: 'response.create', response: { tools, tool_choice: 'required' } };
    socket.send(request);
    expect(await socket.next('response.function_call_arguments.done')).toMatchObject({ name: 'weather' });
    const { response } = (await socket.next('response.done')) as unknown as { response: Response };
    expect(response.output).toMatchObject([{ type: 'function_call', status: 'completed' }]);
    const output = { type: 'function_call_output', call_id: 'call_1', output: 'sunny' };
    socket.send({ type: 'conversation.item.create', item: output });
    socket.send(request);
    await socket.next('response.output_audio_transcript.done');
  });

  it('closes the connection if a directive is invalid', async () => {
    const socket = await open('/responses');
    const closed = once(sockets[0]!, 'close');
    socket.send(create('[emulate nothing] Hello'));
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1011, expect.stringContaining('Unknown fault "nothing"')]);
  });

  it('refuses a connection to another path', async () => {
    const socket = new WebSocket(`${emulator.url.replace('http', 'ws')}/chat`);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('404');
  });

  it('names the package that WebSockets need if it is not installed', async () => {
    const socket = new PassThrough();
    const never = (): never => {
      throw new Error('not called');
    };
    const apis = [{ matches: () => true, open: never }];
    const unused = new Sockets(null, { apis, responder: null as never, id: never, keep: never });
    unused.upgrade({ url: '/v1/responses' } as IncomingMessage, socket, Buffer.alloc(0));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 501 .*npm i -D ws/s);
  });
});
