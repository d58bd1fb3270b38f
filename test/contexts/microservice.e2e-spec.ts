import type { AddressInfo, Server } from 'node:net';
import { Catch, Controller, type INestMicroservice, type RpcExceptionFilter } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ClientTCP, EventPattern, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { firstValueFrom, from, lastValueFrom, take, throwError, toArray, type Observable } from 'rxjs';
import { Assistant, FAILING, handled, JOBS, TestContext, type Job } from './support/context.js';

@Controller()
class Handlers {
  constructor(private readonly assistant: Assistant) {}

  @MessagePattern('answer')
  answer(@Payload() job: Job): Promise<string> {
    return handled(job.id, () => this.assistant.answer(job));
  }

  @EventPattern('noted')
  async noted(@Payload() job: Job): Promise<void> {
    await handled(job.id, () => this.assistant.answer(job));
  }

  /** Emits a value for each piece. */
  @MessagePattern('stream')
  stream(@Payload() job: Job): Promise<Observable<string>> {
    return handled(job.id, async () => from(this.assistant.stream(job)));
  }

  /** The handler itself is annotated. */
  @MessagePattern('observed')
  @LlmCall({ feature: 'contexts', operation: 'observed', attributes: (last: string) => ({ last }) })
  observed(@Payload() job: Job): Observable<string> {
    return from(this.assistant.stream(job));
  }
}

/** Collects the exceptions of handlers as they leave the interceptor. Clients receive only the class name. */
@Catch()
class Seen implements RpcExceptionFilter {
  static exceptions: unknown[] = [];
  catch(exception: unknown): Observable<never> {
    Seen.exceptions.push(exception);
    return throwError(() => ({ status: 'error', message: (exception as object).constructor.name }));
  }
}

describe('calls in the handlers of a microservice', () => {
  const context = new TestContext();
  let service: INestMicroservice;
  let client: ClientTCP;
  beforeAll(async () => {
    await context.start({
      controllers: [Handlers],
      providers: [{ provide: APP_FILTER, useClass: Seen }],
      identityOf: (of) => ({ userId: `user of ${of.switchToRpc().getData<Job>().id}` }),
    });
    service = context.module.createNestMicroservice({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
      logger: context.logger,
    });
    await service.listen();
    const { port } = service.unwrap<Server>().address() as AddressInfo;
    client = new ClientTCP({ host: '127.0.0.1', port });
    await client.connect();
  });
  afterAll(async () => {
    client.close();
    await context.stop(service);
  });
  beforeEach(() => context.clear());

  it('are recorded separately with their tokens, attempts and user', async () => {
    const answers = await Promise.all(JOBS.map((job) => lastValueFrom(client.send<string>('answer', job))));
    for (const answer of answers) expect(answer).toEqual(expect.any(String));
    const records = await context.expectCalls(JOBS);
    expect(records.map(({ attempts }) => attempts.length)).toEqual([1, 2, 1]);
    expect(records.map(({ route, identity }) => [route, identity.userId])).toEqual(
      JOBS.map(({ id }) => [null, `user of ${id}`]),
    );
    expect(context.asked).toEqual(['rpc', 'rpc', 'rpc']);
  });

  it('in event handlers are recorded, although the sender expects no response', async () => {
    for (const job of JOBS) client.emit('noted', job);
    const records = await context.expectCalls(JOBS);
    expect(records.map(({ attempts }) => attempts.length)).toEqual([1, 2, 1]);
  });

  it('that emit several values last until the last value', async () => {
    const answers = await Promise.all(
      JOBS.map((job) => lastValueFrom(client.send<string>('stream', job).pipe(toArray()))),
    );
    for (const values of answers) expect(values.length).toBeGreaterThan(1);
    await context.expectCalls(JOBS, 'stream');
  });

  it('of an annotated handler that returns an Observable contain the calls inside it', async () => {
    const values = await lastValueFrom(client.send<string>('observed', JOBS[0]!).pipe(toArray()));
    const records = await context.records.exactly(2);
    expect(records.map(({ operation, attempts }) => [operation, attempts.length])).toEqual([
      ['stream', 1],
      ['observed', 0],
    ]);
    expect(records[1]!.attributes).toEqual({ last: values.at(-1) });
  });

  it('continue to the end if the client takes one value and unsubscribes', async () => {
    expect(await firstValueFrom(client.send<string>('stream', JOBS[0]!).pipe(take(1)))).toEqual(
      expect.any(String),
    );
    await context.expectCalls([JOBS[0]!], 'stream');
  });

  it('that fail are recorded as failed, and the handler throws the original error', async () => {
    Seen.exceptions = [];
    await expect(lastValueFrom(client.send('answer', FAILING))).rejects.toMatchObject({
      message: 'BadRequestError',
    });
    expect(Seen.exceptions).toEqual([expect.any(OpenAI.BadRequestError)]);
    const [record] = await context.expectCalls([FAILING]);
    expect(record!.failure).toMatchObject({ type: 'bad_request', errorClass: 'BadRequestError' });
  });
});
