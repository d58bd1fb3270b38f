import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import {
  startProviderEmulator,
  type EmulatorOptions,
  type FaultSpec,
  type LedgerEntry,
  type ProviderEmulator,
} from './index.js';

let emulator: ProviderEmulator;
let openai: OpenAI;
let anthropic: Anthropic;

async function start(options?: EmulatorOptions): Promise<void> {
  emulator = await startProviderEmulator(options);
  openai = new OpenAI({ apiKey: 'sk-canary', baseURL: emulator.openaiBaseUrl, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: 'sk-ant-canary', baseURL: emulator.anthropicBaseUrl, maxRetries: 0 });
}

beforeEach(() => start());
afterEach(() => emulator.stop());

const user = (content: string): [{ role: 'user'; content: string }] => [{ role: 'user', content }];
const GPT = { model: 'gpt-4o-mini', messages: user('Hi') } as const;
const CLAUDE = { model: 'claude-haiku-4-5', max_tokens: 500, messages: user('Hi') } as const;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Waits for a ledger entry: the emulator bills an abandoned stream when it detects the disconnect. */
async function billed(): Promise<LedgerEntry> {
  while (emulator.ledger.entries().length === 0) await new Promise((resolve) => setImmediate(resolve));
  return emulator.ledger.entries().at(-1)!;
}

describe('an interrupted stream', () => {
  const streams = {
    OpenAI: async (): Promise<AsyncIterable<unknown>> =>
      openai.chat.completions.create({ ...GPT, stream: true }),
    Anthropic: async (): Promise<AsyncIterable<unknown>> =>
      anthropic.messages.create({ ...CLAUDE, stream: true }),
  };

  /** Reads a stream until it ends. Returns its texts and the error, or `null`. */
  async function read(stream: AsyncIterable<unknown>): Promise<{ texts: string[]; error: unknown }> {
    const texts: string[] = [];
    try {
      for await (const event of stream) {
        const { choices, delta } = event as {
          choices?: Array<{ delta: { content?: string | null } }>;
          delta?: { text?: string };
        };
        const text = choices?.[0]?.delta.content ?? delta?.text;
        if (text) texts.push(text);
      }
    } catch (error) {
      return { texts, error };
    }
    return { texts, error: null };
  }

  const partly = { status: 200, outputTokens: 3, billed: true, completed: false };

  it.each(Object.entries(streams))('is cut after the given number of tokens (%s)', async (_, open) => {
    emulator.program({ kind: 'cut', afterTokens: 3 });
    const { texts, error } = await read(await open());
    expect(texts).toHaveLength(3);
    expect(error).toBeInstanceOf(Error);
    expect(await billed()).toMatchObject({ ...partly, finish: 'cut' });
  });

  it.each(Object.entries(streams))('stalls until the client disconnects (%s)', async (_, open) => {
    emulator.program({ kind: 'stall', afterTokens: 3 });
    const stream = (await open()) as AsyncIterable<unknown> & { controller: AbortController };
    let seen = 0;
    const done = read(
      (async function* () {
        for await (const event of stream) {
          yield event;
          if (/"(content|text)":"[^"]/.test(JSON.stringify(event)) && ++seen === 3) stream.controller.abort();
        }
      })(),
    );
    expect((await done).texts).toHaveLength(3);
    expect(await billed()).toMatchObject({ ...partly, finish: 'stall' });
  });

  it.each<[keyof typeof streams, object]>([
    ['OpenAI', { status: undefined, type: 'server_error' }],
    ['Anthropic', { status: undefined, type: 'overloaded_error' }],
  ])('ends with an error event (%s)', async (name, expected) => {
    emulator.program({ kind: 'stream_error', afterTokens: 3 });
    const { texts, error } = await read(await streams[name]());
    expect(texts).toHaveLength(3);
    expect(error).toMatchObject(expected);
    expect((error as Error).constructor.name).toBe('APIError');
    expect(await billed()).toMatchObject({ ...partly, finish: 'stream_error' });
  });

  it.each(Object.entries(streams))(
    'is billed for the tokens generated before the client disconnects (%s)',
    async (_, open) => {
      await emulator.stop();
      await start({ latency: { firstTokenMs: 0, perTokenMs: 3 } });
      let events = 0;
      for await (const _event of await open()) if (++events === 6) break;
      const entry = await billed();
      expect(entry).toMatchObject({ status: 200, finish: 'left', billed: true, completed: false });
      expect(entry.outputTokens).toBeGreaterThan(0);
      expect(entry.outputTokens).toBeLessThan(20);
      expect(entry.inputTokens).toBeGreaterThan(3);
    },
  );
});

describe('a response with abnormal content or finish reason', () => {
  it.each<[FaultSpec, object, object]>([
    [
      { kind: 'truncate', afterTokens: 5 },
      { finish_reason: 'length', message: { content: expect.stringMatching(/^Here is/) } },
      { stop_reason: 'max_tokens', usage: { output_tokens: 5 } },
    ],
    [
      { kind: 'filter' },
      { finish_reason: 'content_filter', message: { content: '' } },
      { stop_reason: 'refusal', content: [] },
    ],
    [
      { kind: 'refuse' },
      { finish_reason: 'stop', message: { content: null, refusal: expect.stringContaining('sorry') } },
      { stop_reason: 'refusal', content: [{ type: 'text', text: expect.stringContaining('sorry') }] },
    ],
    [
      { kind: 'invalid_json' },
      { finish_reason: 'stop', message: { content: expect.stringMatching(/^Sure!/) } },
      { stop_reason: 'end_turn', content: [{ type: 'text', text: expect.stringMatching(/^Sure!/) }] },
    ],
    [
      { kind: 'empty' },
      { finish_reason: 'stop', message: { content: '' } },
      { stop_reason: 'end_turn', content: [] },
    ],
  ])('has the format of each provider for the fault %j', async (fault, ofOpenai, ofAnthropic) => {
    emulator.program({ ...fault, times: 4 });
    const plain = await openai.chat.completions.create(GPT);
    expect(plain.choices[0]).toMatchObject(ofOpenai);
    const streamed = await collect(await openai.chat.completions.create({ ...GPT, stream: true }));
    expect(streamed.at(-1)!.choices[0]!.finish_reason).toBe(plain.choices[0]!.finish_reason);
    expect(await anthropic.messages.create(CLAUDE)).toMatchObject(ofAnthropic);
    const message = await anthropic.messages.stream(CLAUDE).finalMessage();
    expect(message).toMatchObject(withEmptyText(ofAnthropic));
    for (const entry of emulator.ledger.entries())
      expect(entry).toMatchObject({ billed: true, completed: true });
  });
});

/** Adds the empty text block with which a stream starts if no text follows. */
function withEmptyText(expected: object): object {
  const { content, ...rest } = expected as { content?: unknown[] };
  return content?.length === 0 ? { ...rest, content: [{ type: 'text', text: '' }] } : expected;
}
