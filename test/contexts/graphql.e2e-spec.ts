import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Args,
  GqlExecutionContext,
  GraphQLModule,
  Mutation,
  Query,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SpanKind, trace } from '@opentelemetry/api';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Assistant, FAILING, handled, JOBS, spans, TestContext, type Job } from './support/context.js';

@Resolver()
class AnswersResolver {
  constructor(private readonly assistant: Assistant) {}

  @Query(() => String)
  answer(@Args('id') id: string, @Args('fault', { defaultValue: 'none' }) fault: string): Promise<string> {
    return handled(id, () => this.assistant.answer({ id, fault }));
  }

  @Mutation(() => String)
  ask(@Args('id') id: string): Promise<string> {
    return handled(id, () => this.assistant.answer({ id }));
  }

  /** Publishes an event for each piece. */
  @Subscription(() => String, { resolve: (piece: string) => piece })
  pieces(@Args('id') id: string): Promise<AsyncGenerator<string>> {
    return handled(id, async () => this.assistant.stream({ id }));
  }
}

/** The part of a resolver's context that contains the HTTP request. */
interface GraphqlContext {
  readonly reply?: { readonly request: { readonly headers: Readonly<Record<string, string>> } };
}

const fieldOf = ({ id, fault = 'none' }: Job): string => `${id}: answer(id: "${id}", fault: "${fault}")`;

describe('calls in GraphQL resolvers', () => {
  const context = new TestContext();
  let app: NestFastifyApplication;
  let url: string;
  let client: Client;
  beforeAll(async () => {
    await context.start({
      imports: [
        GraphQLModule.forRoot<MercuriusDriverConfig>({
          driver: MercuriusDriver,
          autoSchemaFile: true,
          subscription: true,
        }),
      ],
      providers: [AnswersResolver],
      identityOf: (of) => ({
        userId: GqlExecutionContext.create(of).getContext<GraphqlContext>().reply?.request.headers['x-user'],
      }),
    });
    app = context.module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
      logger: context.logger,
    });
    await app.listen(0, '127.0.0.1');
    // Replaces the HTTP instrumentation, which cannot be loaded under Jest: creates a server span for each request.
    const server = app.getHttpServer() as Server;
    const [listener] = server.listeners('request') as Array<(...args: unknown[]) => void>;
    server.removeAllListeners('request');
    server.on('request', (incoming, response) => {
      trace.getTracer('http').startActiveSpan(incoming.method!, { kind: SpanKind.SERVER }, (span) => {
        response.once('finish', () => span.end());
        listener!(incoming, response);
      });
    });
    const { port } = app.getHttpServer().address() as AddressInfo;
    url = `127.0.0.1:${port}/graphql`;
    client = createClient({ url: `ws://${url}`, webSocketImpl: WebSocket });
  });
  afterAll(async () => {
    await client.dispose();
    await context.stop(app);
  });
  beforeEach(() => context.clear());

  async function execute(query: string, user = 'u-1'): Promise<{ data: unknown; errors?: unknown[] }> {
    const response = await fetch(`http://${url}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user': user },
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as { data: unknown; errors?: unknown[] };
  }

  it('are recorded separately with their tokens, attempts and user', async () => {
    const answers = await Promise.all(JOBS.map((job) => execute(`{ ${fieldOf(job)} }`, `user of ${job.id}`)));
    expect(answers).toEqual(JOBS.map(({ id }) => ({ data: { [id]: expect.any(String) } })));
    const records = await context.expectCalls(JOBS);
    expect(records.map(({ attempts }) => attempts.length)).toEqual([1, 2, 1]);
    expect(records.map(({ identity }) => identity.userId)).toEqual(JOBS.map(({ id }) => `user of ${id}`));
    expect(context.asked).toEqual(['graphql', 'graphql', 'graphql']);
  });

  it.each<[string, string, readonly Job[]]>([
    ['query with concurrent fields', `{ ${JOBS.map(fieldOf).join(' ')} }`, JOBS],
    [
      'mutation with sequential fields',
      'mutation { one: ask(id: "one") other: ask(id: "other") }',
      [{ id: 'one' }, { id: 'other' }],
    ],
  ])('of one %s are recorded, and the span of the request has their totals', async (_what, query, jobs) => {
    const [span, { data }] = await Promise.all([
      spans.next(({ kind }) => kind === SpanKind.SERVER),
      execute(query, 'u-7'),
    ]);
    expect(Object.keys(data as object)).toEqual(jobs.map(({ id }) => id));
    const records = await context.expectCalls(jobs);
    const tokens = records.reduce((sum, { usage }) => sum + usage!.inputTokens + usage!.outputTokens, 0);
    expect(span.attributes).toMatchObject({
      'user.id': 'u-7',
      'llm.request.calls': jobs.length,
      'llm.request.total_tokens': tokens,
    });
  });

  it('in subscriptions last until the last event', async () => {
    const read = async (id: string): Promise<number> => {
      let events = 0;
      for await (const { data } of client.iterate<{ pieces: string }>({
        query: `subscription { pieces(id: "${id}") }`,
      })) {
        expect(data!.pieces).toEqual(expect.any(String));
        events++;
      }
      return events;
    };
    const counts = await Promise.all(JOBS.map(({ id }) => read(id)));
    for (const events of counts) expect(events).toBeGreaterThan(1);
    await context.expectCalls(JOBS, 'stream');
  });

  it('in a subscription that its client ends are recorded without an error', async () => {
    for await (const _ of client.iterate({ query: 'subscription { pieces(id: "left") }' })) break;
    const record = await context.records.only();
    expect(record).toMatchObject({ operation: 'stream', failure: null });
  });

  it('that fail are recorded as failed, and the response contains the error', async () => {
    const { data, errors } = await execute(`{ ${fieldOf(FAILING)} }`);
    expect([data, errors]).toEqual([null, [expect.objectContaining({ path: [FAILING.id] })]]);
    const [record] = await context.expectCalls([FAILING]);
    expect(record!.failure).toMatchObject({ type: 'bad_request', errorClass: 'BadRequestError' });
  });
});
