import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { CallRecord } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import {
  accountOfResponse,
  accountOfSecondReadings,
  accountOfStream,
  failureOf,
} from '../support/accounts.js';
import { PARTIAL_READS } from '../support/partial-reads.js';
import { MODEL_REQUESTS, post } from '../support/model-requests.js';
import { chat } from '../support/prompts.js';
import { BODY_READERS } from '../support/body-readers.js';
import { WithAndWithout, type Side } from '../support/with-and-without.js';

const REQUEST = MODEL_REQUESTS['an OpenAI stream'];
const ENDLESS = 'Tell me about the [emulate stall after=20] weather.';

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** Ways to use a stream of the SDK without requesting usage. Each returns everything that the application observes. */
const SDK_USES: Readonly<Record<string, (client: OpenAI) => Promise<unknown>>> = {
  'a loop': async ({ chat: { completions } }) => {
    const chunks: unknown[] = [];
    for await (const chunk of await completions.create({ ...chat(), stream: true })) chunks.push(chunk);
    return chunks;
  },
  'the helper stream()': async ({ chat: { completions } }) => {
    const stream = completions.stream({ ...chat(), stream: true });
    const events: unknown[] = [];
    for await (const event of stream) events.push(event);
    return [events, await stream.finalChatCompletion(), stream.currentChatCompletionSnapshot];
  },
  'both branches of tee()': async ({ chat: { completions } }) => {
    const stream = await completions.create({ ...chat(), stream: true });
    return Promise.all(stream.tee().map(all));
  },
  'toReadableStream()': async ({ chat: { completions } }) => {
    const stream = await completions.create({ ...chat(), stream: true });
    return new Response(stream.toReadableStream()).text();
  },
  'several choices and a tool': async ({ chat: { completions } }) => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const stream = await completions.create({
      ...chat('Weather in Lyon?'),
      stream: true,
      tools: [{ type: 'function', function: { name: 'weather', parameters } }],
      tool_choice: 'required',
      stream_options: { include_obfuscation: false },
    });
    return all(stream);
  },
  'asResponse()': async ({ chat: { completions } }) => {
    const response = await completions.create({ ...chat(), stream: true }).asResponse();
    return [response.status, await response.text(), response.bodyUsed];
  },
};

describe('stream usage requested by includeStreamUsage', () => {
  const lab = new WithAndWithout();
  beforeAll(() => lab.start({ includeStreamUsage: true }));
  afterAll(() => lab.stop());
  beforeEach(() => lab.renew());
  afterEach(() => lab.end());

  const client = (side: Side): OpenAI =>
    new OpenAI({
      apiKey: 'sk-canary-openai-key',
      baseURL: side.emulator.openaiBaseUrl,
      maxRetries: 0,
      ...(side === lab.without ? { fetch: side.fetch } : {}),
    });

  function expectBilled({ attempts: [attempt] }: CallRecord): void {
    const { inputTokens, outputTokens } = lab.with.emulator.ledger.find(attempt!.requestId!)!;
    expect(attempt!.usage).toMatchObject({ source: 'provider', inputTokens, outputTokens });
    expect(attempt).toMatchObject({ ending: 'finished', finishReason: 'stop', failure: null });
  }

  describe('of a body that is read', () => {
    async function read(response: Response, way: string, looked: boolean, side: Side): Promise<object> {
      const before = accountOfResponse(response, side.emulator.url);
      const streamBefore = looked ? accountOfStream(response) : null;
      const text = await BODY_READERS[way]!(response);
      return {
        before,
        streamBefore,
        text,
        after: accountOfResponse(response, side.emulator.url),
        streamAfter: withoutConstructor(accountOfStream(response)),
        secondReadings: await accountOfSecondReadings(response),
      };
    }

    it.each(
      Object.keys(BODY_READERS).flatMap((way): Array<[string, boolean]> => [
        [way, false],
        [way, true],
      ]),
    )('is hidden from a reader through %s (stream accessed before: %s)', async (way, looked) => {
      const { seen, bare, record } = await lab.compare(REQUEST, (response, side) =>
        read(response, way, looked, side),
      );
      expect(seen).toEqual(bare);
      expectBilled(record);
      expect(lab.with.emulator.requests[0]!.body).toMatchObject({ stream_options: { include_usage: true } });
    });
  });

  /** Removes `constructor`: an own property of branches of the platform's byte streams, but not of other streams. */
  function withoutConstructor(account: object): object {
    const { ownKeys, members, ...rest } = account as { ownKeys: string[]; members: Record<string, unknown> };
    return {
      ...rest,
      ownKeys: ownKeys.filter((key) => key !== 'constructor'),
      members: { ...members, constructor: '' },
    };
  }

  it.each(Object.entries(PARTIAL_READS))(
    'is estimated if the application leaves the body by %s',
    async (_way, leave) => {
      const { seen, bare, record } = await lab.compare(
        REQUEST,
        async (response) => [await leave(response), response.bodyUsed, response.body!.locked],
        ENDLESS,
      );
      expect(seen).toEqual(bare);
      const bills = await Promise.all([lab.with.billed, lab.without.billed]);
      expect(bills).toMatchObject([{ completed: false }, { completed: false }]);
      expect(record).toMatchObject({
        finishReason: 'cancelled',
        failure: null,
        usage: { source: 'estimated' },
      });
    },
  );

  it.each(Object.entries(SDK_USES))('is hidden from the SDK: %s', async (_what, use) => {
    const { seen, bare } = await lab.both((side) => use(client(side)));
    expect(seen).toEqual(bare);
    const record = await lab.records.only();
    expect(record.usage!.source).toBe('provider');
    const [bill] = lab.with.emulator.ledger.entries();
    expect(record.usage).toMatchObject({ inputTokens: bill!.inputTokens, outputTokens: bill!.outputTokens });
  });

  it('is visible if the application requests it', async () => {
    const body = { ...chat(), stream: true as const, stream_options: { include_usage: true } };
    const { seen, bare, record } = await lab
      .both(async (side) => all(await client(side).chat.completions.create(body)))
      .then(async (outcome) => ({ ...outcome, record: await lab.records.only() }));
    expect(seen).toEqual(bare);
    expect(seen.at(-1)!.usage).not.toBeNull();
    expectBilled(record);
  });

  it('does not change other requests', async () => {
    const send = async (side: Side): Promise<unknown> => {
      const openai = client(side);
      await openai.chat.completions.create(chat());
      await all(await openai.responses.create({ model: 'gpt-4o-mini', input: 'Hi', stream: true }));
      await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'Hi' });
      return side.emulator.requests.map(({ body }) => body);
    };
    const { seen, bare } = await lab.both(send);
    expect(seen).toEqual(bare);
  });

  it('does not change the chunks and the error of a cut stream', async () => {
    const { seen, bare, record } = await lab.compare(
      REQUEST,
      async (response) => {
        let text = '';
        const failure = await failureOf(async () => {
          for await (const chunk of response.body!) text += Buffer.from(chunk).toString('latin1');
        });
        return { text, failure };
      },
      'Tell me about the [emulate cut after=10] weather.',
    );
    expect(seen).toEqual(bare);
    expect(record.attempts).toMatchObject([{ ending: 'cut', usage: { source: 'estimated' } }]);
  });

  it('does not change the error if the application aborts during or between reads', async () => {
    for (const pending of [true, false]) {
      const controllers: AbortController[] = [];
      const { seen, bare } = await lab.both(async (side) => {
        const controller = new AbortController();
        controllers.push(controller);
        const response = await post(side.fetch, side.emulator.url, REQUEST, {
          prompt: ENDLESS,
          signal: controller.signal,
        });
        const reader = response.body!.getReader();
        await reader.read();
        const read = pending ? failureOf(() => drain(reader)) : null;
        controller.abort(new Error('enough'));
        return [await read, await failureOf(() => reader.closed), await failureOf(() => reader.read())];
      });
      expect(seen).toEqual(bare);
    }
  });

  it('does not change the body of an error response', async () => {
    const { seen, bare } = await lab.compare(REQUEST, (response) => response.text(), '[emulate bad_request]');
    expect(seen).toEqual(bare);
  });

  it('passes on each event when it arrives and does not wait for the next one', async () => {
    const server = createServer();
    const events = ['a', 'b', 'c'].map((content) => ({
      choices: [{ index: 0, delta: { content }, finish_reason: null }],
      usage: null,
    }));
    const sent: Array<() => void> = [];
    server.on('request', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      for (const event of events) sent.push(() => response.write(`data: ${JSON.stringify(event)}\n\n`));
      sent.push(() =>
        response.end('data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n'),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await lab.run(async () => {
      const { body } = await post(fetch, url, REQUEST);
      const reader = body!.getReader();
      for (const { choices } of events) {
        sent.shift()!();
        const { value } = await reader.read();
        expect(Buffer.from(value!).toString()).toBe(`data: ${JSON.stringify({ choices })}\n\n`);
      }
      sent.shift()!();
      expect(await reader.read()).toEqual({ done: true, value: undefined });
    });
    server.close();
    expect((await lab.records.only()).usage).toMatchObject({
      source: 'provider',
      inputTokens: 3,
      outputTokens: 4,
    });
  });

  async function drain(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
    while (!(await reader.read()).done) await setImmediate();
  }
});
