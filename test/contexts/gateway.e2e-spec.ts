import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  Catch,
  UseFilters,
  type ArgumentsHost,
  type ExceptionFilter,
  type INestApplication,
} from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway, type WsResponse } from '@nestjs/websockets';
import OpenAI from 'openai';
import { from, map, type Observable } from 'rxjs';
import { WebSocket } from 'ws';
import { Assistant, FAILING, handled, JOBS, TestContext, type Job } from './support/context.js';

@Catch()
class Seen implements ExceptionFilter {
  static exceptions: unknown[] = [];
  catch(exception: unknown, host: ArgumentsHost): void {
    Seen.exceptions.push(exception);
    host
      .switchToWs()
      .getClient<WebSocket>()
      .send(JSON.stringify({ event: 'failed' }));
  }
}

// Nest does not apply global filters to gateways.
@UseFilters(Seen)
@WebSocketGateway()
class Gateway {
  constructor(private readonly assistant: Assistant) {}

  @SubscribeMessage('answer')
  async answer(@MessageBody() job: Job): Promise<WsResponse<string>> {
    const data = await handled(job.id, () => this.assistant.answer(job));
    return { event: `answer ${job.id}`, data };
  }

  /** Sends a message for each piece. */
  @SubscribeMessage('stream')
  stream(@MessageBody() job: Job): Promise<Observable<WsResponse<string>>> {
    return handled(job.id, async () =>
      from(this.assistant.stream(job)).pipe(map((data) => ({ event: `piece ${job.id}`, data }))),
    );
  }
}

describe('calls in a WebSocket gateway', () => {
  const context = new TestContext();
  let app: INestApplication;
  let socket: WebSocket;
  const received: Array<{ event: string; data: string }> = [];
  beforeAll(async () => {
    await context.start({
      providers: [Gateway],
      identityOf: (of) => ({ sessionId: `session of ${of.switchToWs().getData<Job>().id}` }),
    });
    app = context.module.createNestApplication({ logger: context.logger });
    app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    socket = new WebSocket(`ws://127.0.0.1:${port}`);
    socket.on('message', (message: Buffer) => received.push(JSON.parse(message.toString())));
    await once(socket, 'open');
  });
  afterAll(async () => {
    socket.close();
    await once(socket, 'close');
    await context.stop(app);
  });
  beforeEach(() => {
    context.clear();
    received.length = 0;
  });

  const send = (event: string, data: Job): void => socket.send(JSON.stringify({ event, data }));
  const untilReceived = async (done: () => boolean): Promise<void> => {
    while (!done()) await once(socket, 'message');
  };

  it('are recorded separately with their tokens, attempts and session', async () => {
    for (const job of JOBS) send('answer', job);
    await untilReceived(() => received.length === JOBS.length);
    expect(received.map(({ event }) => event).sort()).toEqual(JOBS.map(({ id }) => `answer ${id}`).sort());
    const records = await context.expectCalls(JOBS);
    expect(records.map(({ attempts }) => attempts.length)).toEqual([1, 2, 1]);
    expect(records.map(({ identity }) => identity.sessionId)).toEqual(
      JOBS.map(({ id }) => `session of ${id}`),
    );
    expect(context.asked).toEqual(['ws', 'ws', 'ws']);
  });

  it('that send a message for each piece last until the last message', async () => {
    for (const job of JOBS) send('stream', job);
    const records = await context.expectCalls(JOBS, 'stream');
    expect(records.map(({ attempts }) => attempts.length)).toEqual([1, 2, 1]);
    for (const { id } of JOBS) {
      const pieces = (): number => received.filter(({ event }) => event === `piece ${id}`).length;
      await untilReceived(() => pieces() > 1);
    }
  });

  it('that fail are recorded as failed, and the handler throws the original error', async () => {
    Seen.exceptions = [];
    send('answer', FAILING);
    await untilReceived(() => received.length === 1);
    expect(Seen.exceptions).toEqual([expect.any(OpenAI.BadRequestError)]);
    const [record] = await context.expectCalls([FAILING]);
    expect(record!.failure).toMatchObject({ type: 'bad_request', errorClass: 'BadRequestError' });
  });
});
