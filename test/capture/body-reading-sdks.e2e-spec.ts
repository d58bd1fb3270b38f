import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import type { CallRecord } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { chat, message } from '../support/prompts.js';
import { WithAndWithout, type Side } from '../support/with-and-without.js';

const ENDLESS = 'Tell me about the [emulate stall after=20] weather.';
const Weather = z.object({ city: z.string(), degrees: z.number() });

/** Uses a client as an application does, and returns everything that the application can observe. */
type Use<Client> = (client: Client) => Promise<unknown>;

const streamed = (text?: string) => ({
  ...chat(text),
  stream: true as const,
  stream_options: { include_usage: true },
});

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

const about = (response: Response): unknown[] => [
  response instanceof Response,
  response.status,
  response.headers.get('content-type'),
  response.bodyUsed,
];

const weatherTool = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    parse: JSON.parse,
    function: ({ city }: { city: string }) => `It is sunny in ${city}.`,
  },
};

const OPENAI: Readonly<Record<string, Use<OpenAI>>> = {
  create: ({ chat: { completions } }) => completions.create(chat()),
  'create, awaited twice': async ({ chat: { completions } }) => {
    const promise = completions.create(chat());
    return [await promise, await promise];
  },
  'create().withResponse()': async ({ chat: { completions } }) => {
    const { data, response, request_id: id } = await completions.create(chat()).withResponse();
    return [data, id, about(response)];
  },
  'create().asResponse()': async ({ chat: { completions } }) => {
    const response = await completions.create(chat()).asResponse();
    return [about(response), await response.json(), about(response)];
  },
  parse: async ({ chat: { completions } }) => {
    const completion = await completions.parse({
      ...chat('What is the weather?'),
      response_format: zodResponseFormat(Weather, 'weather'),
    });
    return completion.choices[0]!.message.parsed;
  },
  'a stream': async ({ chat: { completions } }) => all(await completions.create(streamed())),
  'a stream through withResponse()': async ({ chat: { completions } }) => {
    const { data, response } = await completions.create(streamed()).withResponse();
    return [about(response), await all(data), about(response)];
  },
  'a stream through asResponse()': async ({ chat: { completions } }) => {
    const response = await completions.create(streamed()).asResponse();
    return [about(response), await response.text()];
  },
  'both halves of stream.tee()': async ({ chat: { completions } }) =>
    Promise.all((await completions.create(streamed())).tee().map(all)),
  'one half of stream.tee()': async ({ chat: { completions } }) =>
    all((await completions.create(streamed())).tee()[1]),
  'stream.toReadableStream()': async ({ chat: { completions } }) =>
    new Response((await completions.create(streamed())).toReadableStream() as ReadableStream).text(),
  'stream()': async ({ chat: { completions } }) => {
    const stream = completions.stream(streamed());
    const events: string[] = [];
    stream
      .on('content', (delta, snapshot) => events.push(delta, snapshot))
      .on('end', () => events.push('end'));
    return [
      await stream.finalChatCompletion(),
      await stream.finalContent(),
      await stream.totalUsage(),
      events,
    ];
  },
  'stream() in a loop': async ({ chat: { completions } }) => all(completions.stream(streamed())),
  'stream() with parsed output': async ({ chat: { completions } }) => {
    const stream = completions.stream({
      ...streamed('What is the weather?'),
      response_format: zodResponseFormat(Weather, 'weather'),
    });
    return (await stream.finalChatCompletion()).choices[0]!.message.parsed;
  },
  'stream().toReadableStream()': async ({ chat: { completions } }) =>
    new Response(completions.stream(streamed()).toReadableStream() as ReadableStream).text(),
};

const OPENAI_TOOLS: Readonly<Record<string, Use<OpenAI>>> = {
  runTools: async ({ chat: { completions } }) => {
    const runner = completions.runTools({
      ...chat(),
      tools: [weatherTool as never],
      tool_choice: 'required',
    });
    return [await runner.finalContent(), await runner.finalFunctionToolCallResult(), runner.messages];
  },
  'runTools, streamed': async ({ chat: { completions } }) => {
    const runner = completions.runTools({
      ...streamed(),
      tools: [weatherTool as never],
      tool_choice: 'required',
    });
    return [await runner.finalContent(), await runner.finalFunctionToolCallResult(), runner.messages];
  },
};

const OPENAI_LEAVINGS: Readonly<Record<string, Use<OpenAI>>> = {
  'break in a stream': async ({ chat: { completions } }) => {
    for await (const chunk of await completions.create(streamed(ENDLESS))) if (chunk.id) return chunk;
    return null;
  },
  'stream.controller.abort()': async ({ chat: { completions } }) => {
    const stream = await completions.create(streamed(ENDLESS));
    const first: unknown[] = [];
    for await (const chunk of stream) {
      if (first.push(chunk) === 1) stream.controller.abort();
    }
    return [first[0], stream.controller.signal.aborted];
  },
  'stream().abort()': async ({ chat: { completions } }) => {
    const stream = completions.stream(streamed(ENDLESS));
    stream.once('chunk', () => stream.abort());
    const error: unknown = await stream.done().catch((thrown: unknown) => thrown);
    return [(error as object).constructor.name, String(error), stream.aborted];
  },
  'break in stream()': async ({ chat: { completions } }) => {
    const stream = completions.stream(streamed(ENDLESS));
    for await (const chunk of stream) if (chunk.id) return [chunk, stream.controller.signal.aborted];
    return null;
  },
};

const ANTHROPIC: Readonly<Record<string, Use<Anthropic>>> = {
  create: ({ messages }) => messages.create(message()),
  'create().withResponse()': async ({ messages }) => {
    const { data, response, request_id: id } = await messages.create(message()).withResponse();
    return [data, id, about(response)];
  },
  'create().asResponse()': async ({ messages }) => {
    const response = await messages.create(message()).asResponse();
    return [about(response), await response.json(), about(response)];
  },
  parse: async ({ messages }) => {
    const { parsed_output: parsed } = await messages.parse({
      ...message('What is the weather?'),
      output_config: { format: zodOutputFormat(Weather) },
    });
    return parsed;
  },
  'a stream': async ({ messages }) => all(await messages.create({ ...message(), stream: true })),
  'a stream through withResponse()': async ({ messages }) => {
    const { data, response } = await messages.create({ ...message(), stream: true }).withResponse();
    return [about(response), await all(data), about(response)];
  },
  'both halves of stream.tee()': async ({ messages }) =>
    Promise.all((await messages.create({ ...message(), stream: true })).tee().map(all)),
  'stream.toReadableStream()': async ({ messages }) =>
    new Response(
      (await messages.create({ ...message(), stream: true })).toReadableStream() as ReadableStream,
    ).text(),
  'stream()': async ({ messages }) => {
    const stream = messages.stream(message());
    const events: string[] = [];
    stream.on('text', (delta, snapshot) => events.push(delta, snapshot)).on('end', () => events.push('end'));
    return [await stream.finalMessage(), await stream.finalText(), events];
  },
  'stream() in a loop': async ({ messages }) => all(messages.stream(message())),
  'stream().withResponse()': async ({ messages }) => {
    const { data, response, request_id: id } = await messages.stream(message()).withResponse();
    return [about(response), id, await data.finalMessage()];
  },
};

const ANTHROPIC_LEAVINGS: Readonly<Record<string, Use<Anthropic>>> = {
  'break in a stream': async ({ messages }) => {
    for await (const event of await messages.create({ ...message(ENDLESS), stream: true }))
      if (event) return event;
    return null;
  },
  'stream.controller.abort()': async ({ messages }) => {
    const stream = await messages.create({ ...message(ENDLESS), stream: true });
    const first: unknown[] = [];
    for await (const event of stream) {
      if (first.push(event) === 1) stream.controller.abort();
    }
    return [first[0], stream.controller.signal.aborted];
  },
  'stream().abort()': async ({ messages }) => {
    const stream = messages.stream(message(ENDLESS));
    stream.once('text', () => stream.abort());
    const error: unknown = await stream.done().catch((thrown: unknown) => thrown);
    return [(error as object).constructor.name, String(error), stream.aborted];
  },
  'break in stream()': async ({ messages }) => {
    const stream = messages.stream(message(ENDLESS));
    for await (const event of stream) if (event.type) return [event, stream.controller.signal.aborted];
    return null;
  },
};

describe('helpers of the SDKs', () => {
  const lab = new WithAndWithout();
  beforeAll(() => lab.start());
  afterAll(() => lab.stop());
  beforeEach(() => lab.renew());
  afterEach(() => lab.end());

  /** Options of clients: default ones with the library, and the platform's `fetch` on the other side. */
  const options = (side: Side): { maxRetries: number; fetch?: typeof fetch } => ({
    maxRetries: 0,
    ...(side === lab.without ? { fetch: side.fetch } : {}),
  });
  const openai = (side: Side): OpenAI =>
    new OpenAI({ apiKey: 'sk-canary-openai-key', baseURL: side.emulator.openaiBaseUrl, ...options(side) });
  const anthropic = (side: Side): Anthropic =>
    new Anthropic({ apiKey: 'sk-ant-canary-key', baseURL: side.emulator.anthropicBaseUrl, ...options(side) });

  /** Returns the record of the call. Expects its attempts to match the bill token by token. */
  async function expectBilled(requests: number): Promise<CallRecord> {
    const record = await lab.records.only();
    const bill = lab.with.emulator.ledger.entries();
    expect(bill).toHaveLength(requests);
    expect(
      record.attempts.map(({ requestId, usage }) => ({
        requestId,
        source: usage!.source,
        inputTokens: usage!.inputTokens,
        outputTokens: usage!.outputTokens,
      })),
    ).toEqual(
      bill.map(({ requestId, inputTokens, outputTokens }) => ({
        requestId,
        source: 'provider',
        inputTokens,
        outputTokens,
      })),
    );
    expect(record).toMatchObject({ failure: null, finishReason: 'stop' });
    expect(record.attempts.every(({ isRetry, ending }) => !isRetry && ending === 'finished')).toBe(true);
    return record;
  }

  async function expectLeft(): Promise<void> {
    const bills = await Promise.all([lab.with.billed, lab.without.billed]);
    expect(bills).toMatchObject([{ completed: false }, { completed: false }]);
    const record = await lab.records.only();
    expect(record).toMatchObject({
      finishReason: 'cancelled',
      failure: null,
      usage: { source: 'estimated' },
    });
    expect(record.attempts).toMatchObject([{ requestId: bills[0].requestId, finishReason: 'cancelled' }]);
  }

  describe('of OpenAI:', () => {
    it.each(Object.entries(OPENAI))(
      '%s returns the same as without the library and matches the bill',
      async (_helper, use) => {
        const { seen, bare } = await lab.both((side) => use(openai(side)));
        expect(seen).toEqual(bare);
        await expectBilled(1);
      },
    );

    it.each(Object.entries(OPENAI_TOOLS))('%s sends two requests in one call', async (_helper, use) => {
      const { seen, bare } = await lab.both((side) => use(openai(side)));
      expect(seen).toEqual(bare);
      const { attempts } = await expectBilled(2);
      expect(attempts.map(({ finishReason }) => finishReason)).toEqual(['tool_calls', 'stop']);
    });

    it.each(Object.entries(OPENAI_LEAVINGS))('%s closes the connection', async (_helper, use) => {
      const { seen, bare } = await lab.both((side) => use(openai(side)));
      expect(seen).toEqual(bare);
      await expectLeft();
    });
  });

  describe('of Anthropic:', () => {
    it.each(Object.entries(ANTHROPIC))(
      '%s returns the same as without the library and matches the bill',
      async (_helper, use) => {
        const { seen, bare } = await lab.both((side) => use(anthropic(side)));
        expect(seen).toEqual(bare);
        await expectBilled(1);
      },
    );

    it.each(Object.entries(ANTHROPIC_LEAVINGS))('%s closes the connection', async (_helper, use) => {
      const { seen, bare } = await lab.both((side) => use(anthropic(side)));
      expect(seen).toEqual(bare);
      await expectLeft();
    });
  });

  it('of OpenAI are captured if the call returns them before they send a request', async () => {
    const stream = lab.run(() => openai(lab.with).chat.completions.stream(streamed()));
    const other = openai(lab.without).chat.completions.stream(streamed());
    expect(await stream.finalChatCompletion()).toEqual(await other.finalChatCompletion());
    await expectBilled(1);
  });

  it('of Anthropic are captured if the call returns them before they send a request', async () => {
    const stream = lab.run(() => anthropic(lab.with).messages.stream(message()));
    const other = anthropic(lab.without).messages.stream(message());
    expect(await stream.finalMessage()).toEqual(await other.finalMessage());
    await expectBilled(1);
  });
});
