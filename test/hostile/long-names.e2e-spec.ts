import { Controller, Get, Injectable } from '@nestjs/common';
import { currentLlmCall, LlmCall, LlmTelemetry } from 'nestjs-llm-telemetry';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { endpointOf } from '../../src/llm-telemetry/wire/dialects/endpoint.js';
import request from 'supertest';
import { StubbedApp } from '../support/stubbed-app.js';
import { heapInUse } from '../support/collect-garbage.js';
import { CollectedMetrics } from '../support/metrics.js';

const MEGABYTE = 1024 * 1024;

/** Creates a long name, and its truncated form. */
const long = (name: string, length = 100_000): string => name.padEnd(length, 'x');
const cut = (name: string): string => `${name.padEnd(199, 'x')}…`;

/** Returns all strings in a value, including keys. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...textsIn(member)]);
}

const longest = (value: unknown): number => Math.max(...textsIn(value).map(({ length }) => length));

const chat = (more: object = {}): string =>
  JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }], ...more });

@Injectable()
class Assistant {
  url = '';

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(): Promise<void> {
    await (await fetch(`${this.url}/v1/chat/completions`, { method: 'POST', body: chat() })).text();
  }
}

@Controller()
class Orders {
  constructor(private readonly assistant: Assistant) {}

  @Get('orders')
  async orders(): Promise<string> {
    await this.assistant.summarize();
    return 'done';
  }
}

describe('a very long name in a request or response', () => {
  const metrics = new CollectedMetrics().register();
  const lab = new StubbedApp({
    providers: [Assistant],
    controllers: [Orders],
    options: {
      store: 'memory',
      requestContext: (context) => {
        const { who } = context.switchToHttp().getRequest<{ query: { who: string } }>().query;
        return { userId: long(who), tenantId: long(who), sessionId: long(who) };
      },
    },
  });
  const { spans, records } = lab;
  beforeAll(() => {
    lab.telemetry.get(Assistant).url = lab.server.url;
  });

  const send = (path: string, body: string, operation?: string): Promise<string> =>
    lab.send(path, { method: 'POST', body }, operation);
  const answerJson = (body: object, headers: Readonly<Record<string, string>> = {}): void => {
    lab.server.respond = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    };
  };

  it('is truncated to 200 characters in record, span, metric, log line and store', async () => {
    answerJson(
      {
        id: long('chatcmpl-'),
        model: long('gpt-'),
        service_tier: long('tier-'),
        choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: long('reason-') }],
        usage: { prompt_tokens: 9, completion_tokens: 3 },
      },
      { 'x-request-id': 'req-'.padEnd(9000, 'x') },
    );
    await send('/v1/chat/completions', chat({ model: long('asked-'), service_tier: long('asked-tier-') }));
    const record = await records.only();
    expect(record).toMatchObject({
      model: cut('gpt-'),
      requestModel: cut('asked-'),
      finishReason: cut('reason-'),
      parameters: { model: cut('asked-'), serviceTier: cut('asked-tier-') },
      usage: { serviceTier: cut('tier-') },
      attempts: [
        {
          responseId: cut('chatcmpl-'),
          responseModel: cut('gpt-'),
          providerFinishReasons: [cut('reason-')],
          requestId: cut('req-'),
        },
      ],
    });
    // The reason for the missing price contains the provider and the model.
    expect(longest({ ...record, attempts: [] })).toBe(200);
    expect(longest(record)).toBeLessThan(500);
    const [call] = await spans.calls();
    expect(call!.attributes['llm.model']).toBe(cut('gpt-'));
    for (const { name, attributes } of await spans.all())
      expect(longest([name, attributes])).toBeLessThan(220);
    const [line] = lab.telemetry.logger.of('LlmTelemetry').slice(-1);
    expect(longest(line!.message)).toBe(200);
    for (const point of await metrics.points('llm.calls')) expect(longest(point)).toBeLessThanOrEqual(200);
    const store = lab.telemetry.app.get<CallStore>(CALL_STORE, { strict: false });
    await store.flush();
    const { calls } = await store.calls({ range: { from: 0, to: Date.now() + 1000 }, limit: 1 });
    expect((await store.call(calls[0]!.id))!.record).toEqual(record);
  });

  it.each([
    [
      'chat completions',
      '/v1/chat/completions',
      { id: long('a'), model: long('b'), choices: [{ text: 'x', finish_reason: long('c') }] },
    ],
    [
      'messages',
      '/v1/messages',
      {
        id: long('a'),
        model: long('b'),
        stop_reason: long('c'),
        content: [{ type: 'text', text: 'x' }],
        usage: {
          input_tokens: 1,
          output_tokens: 1,
          service_tier: long('d'),
          speed: long('e'),
          inference_geo: long('f'),
          iterations: [{ model: long('g'), input_tokens: 1, output_tokens: 1 }],
        },
      },
    ],
    ['responses', '/v1/responses', { id: long('a'), model: long('b'), status: long('c'), output: [] }],
    ['embeddings', '/v1/embeddings', { model: long('b'), data: [{}], usage: { prompt_tokens: 1 } }],
    ['an error', '/v1/chat/completions', { error: { code: long('a'), type: long('b'), message: long('c') } }],
  ])('is truncated in every wire format: %s', async (_, path, body) => {
    answerJson(body);
    await send(path, chat({ max_tokens: 1, input: 'Hi', messages: [] }));
    expect(longest(await records.only())).toBeLessThan(500);
  });

  it('is truncated if the application sets it', async () => {
    lab.telemetry.get(LlmTelemetry).run({ feature: long('feature-'), operation: long('operation-') }, () => {
      const call = currentLlmCall()!;
      call.setAttributes({ [long('key-')]: long('value-'), list: [long('item-')] });
      call.setAttributes(Object.fromEntries(Array.from({ length: 1000 }, (_item, at) => [`key${at}`, at])));
      call.setAttributes({ list2: Array.from({ length: 1000 }, () => 'x'), key1: 'again' });
      call.recordResponse({
        provider: long('provider-'),
        model: long('model-'),
        finishReason: long('reason-'),
        usage: {
          inputTokens: 1,
          outputTokens: 1,
          serviceTier: long('tier-'),
          speed: long('speed-'),
          geo: long('geo-'),
          toolUses: Object.fromEntries(Array.from({ length: 1000 }, (_item, at) => [`${at}${long('t')}`, 1])),
        },
      });
    });
    const record = await records.only();
    expect(record).toMatchObject({
      feature: cut('feature-'),
      operation: cut('operation-'),
      provider: cut('provider-'),
      attributes: { [cut('key-')]: cut('value-'), list: [cut('item-')], key1: 'again' },
    });
    expect(Object.keys(record.attributes)).toHaveLength(128);
    expect(Object.keys(record.usage!.toolUses)).toHaveLength(128);
    expect(longest(record)).toBeLessThan(500);
  });

  it('is truncated in the result of requestContext', async () => {
    answerJson({ choices: [{ message: { content: 'x' } }] });
    await request(lab.telemetry.app.getHttpServer()).get('/orders?who=user-').expect(200);
    const { identity } = await records.only();
    expect(identity).toEqual({ userId: cut('user-'), tenantId: cut('user-'), sessionId: cut('user-') });
  });

  it('is limited to 128 entries in a list', async () => {
    const choices = Array.from({ length: 10_000 }, () => ({
      message: { content: 'x' },
      finish_reason: 'stop',
    }));
    answerJson({ choices });
    await send('/v1/chat/completions', chat({ stop: Array.from({ length: 10_000 }, () => 'END') }));
    const record = await records.only();
    expect(record.attempts[0]!.providerFinishReasons).toHaveLength(128);
  });

  describe('is not retained', () => {
    /** Returns the bytes of heap that `count` calls and their records retain. */
    const retainedBy = async (count: number, sendOne: () => Promise<unknown>): Promise<number> => {
      await sendOne();
      records.clear();
      spans.clear();
      const before = heapInUse();
      for (let call = 0; call < count; call++) await sendOne();
      await records.exactly(count);
      return heapInUse() - before;
    };

    it('by records of responses with names of 3 MB', async () => {
      let nth = 0;
      lab.server.respond = (_, response) => {
        const model = long(`${nth++}-`, 3 * MEGABYTE);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ model, choices: [{ message: { content: 'x' } }] }));
      };
      expect(await retainedBy(20, () => send('/v1/chat/completions', chat()))).toBeLessThan(20 * MEGABYTE);
    });

    it('by records of requests with a long member next to the model', async () => {
      answerJson({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }] });
      let nth = 0;
      const sendOne = () =>
        send(
          '/v1/chat/completions',
          chat({ model: `gpt-4o-mini-2024-07-${nth++}`, user: long('prompt', 3 * MEGABYTE) }),
        );
      expect(await retainedBy(20, sendOne)).toBeLessThan(20 * MEGABYTE);
    });

    it('by records of responses with a long text next to the finish reason', async () => {
      const choice = { message: { content: long('text', 3 * MEGABYTE) }, finish_reason: 'content_filter' };
      answerJson({ model: 'gpt-4o-mini-2024-07-18', choices: [choice], usage: { completion_tokens: 3 } });
      expect(await retainedBy(20, () => send('/v1/chat/completions', chat()))).toBeLessThan(20 * MEGABYTE);
    });

    it('by the endpoint cache', () => {
      const before = heapInUse();
      for (let nth = 0; nth < 50; nth++) endpointOf(`http://127.0.0.1/${long(`${nth}`, MEGABYTE)}`);
      expect(heapInUse() - before).toBeLessThan(10 * MEGABYTE);
    });
  });
});
