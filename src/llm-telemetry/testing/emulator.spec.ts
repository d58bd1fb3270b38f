import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startProviderEmulator, type EmulatorOptions, type ProviderEmulator } from './index.js';

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

/** Parts of a response that are visible to an application. */
interface VisibleParts {
  readonly text: string;
  readonly finish: string | null | undefined;
  readonly model: string | undefined;
  readonly inputTokens: number | null | undefined;
  readonly outputTokens: number | undefined;
  readonly requestId: string | null | undefined;
}

const GPT = 'gpt-4o-mini';
const CLAUDE = 'claude-haiku-4-5';

/** Sends requests through the SDKs. */
const ASK = {
  async 'OpenAI, plain'(prompt: string, maxTokens = 500): Promise<VisibleParts> {
    const { data, request_id: requestId } = await openai.chat.completions
      .create({ model: GPT, max_completion_tokens: maxTokens, messages: [{ role: 'user', content: prompt }] })
      .withResponse();
    const choice = data.choices[0]!;
    return {
      text: choice.message.content ?? '',
      finish: choice.finish_reason,
      model: data.model,
      inputTokens: data.usage?.prompt_tokens,
      outputTokens: data.usage?.completion_tokens,
      requestId,
    };
  },
  async 'OpenAI, streamed'(prompt: string, maxTokens = 500): Promise<VisibleParts> {
    const { data, request_id: requestId } = await openai.chat.completions
      .create({
        model: GPT,
        max_tokens: maxTokens,
        messages: [{ role: 'user', content: prompt }],
        stream: true,
        stream_options: { include_usage: true },
      })
      .withResponse();
    const chunks: OpenAI.Chat.Completions.ChatCompletionChunk[] = [];
    for await (const chunk of data) chunks.push(chunk);
    const usage = chunks.at(-1)?.usage;
    return {
      text: chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
      finish: chunks.findLast(({ choices }) => choices.length > 0)?.choices[0]?.finish_reason,
      model: chunks[0]?.model,
      inputTokens: usage?.prompt_tokens,
      outputTokens: usage?.completion_tokens,
      requestId,
    };
  },
  async 'Anthropic, plain'(prompt: string, maxTokens = 500): Promise<VisibleParts> {
    const { data, request_id: requestId } = await anthropic.messages
      .create({ model: CLAUDE, max_tokens: maxTokens, messages: [{ role: 'user', content: prompt }] })
      .withResponse();
    return { ...visiblePartsOf(data), requestId };
  },
  async 'Anthropic, streamed'(prompt: string, maxTokens = 500): Promise<VisibleParts> {
    const stream = anthropic.messages.stream({
      model: CLAUDE,
      max_tokens: maxTokens,
      messages: [{ role: 'user', content: prompt }],
    });
    return { ...visiblePartsOf(await stream.finalMessage()), requestId: stream.request_id };
  },
};

function visiblePartsOf({
  content,
  stop_reason,
  model,
  usage,
}: Anthropic.Message): Omit<VisibleParts, 'requestId'> {
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    finish: stop_reason,
    model,
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
  };
}

describe.each(Object.entries(ASK))('an emulated response (%s)', (name, ask) => {
  const isOpenai = name.startsWith('OpenAI');

  it('is complete and reports the same usage as the ledger', async () => {
    const seen = await ask('What is the capital of “Österreich”, and 日本?');
    expect(seen).toMatchObject({
      finish: isOpenai ? 'stop' : 'end_turn',
      model: isOpenai ? 'gpt-4o-mini-2024-07-18' : 'claude-haiku-4-5-20251001',
    });
    expect(seen.text).toContain('capital of “Österreich”, and 日本?');
    const entry = emulator.ledger.find(seen.requestId!);
    expect(entry).toMatchObject({
      provider: isOpenai ? 'openai' : 'anthropic',
      model: seen.model,
      stream: name.endsWith('streamed'),
      status: 200,
      inputTokens: seen.inputTokens,
      outputTokens: seen.outputTokens,
      finish: 'stop',
      billed: true,
      completed: true,
      retryCount: 0,
    });
    expect(emulator.ledger.entries()).toEqual([entry]);
    expect(entry!.inputTokens).toBeGreaterThan(10);
    expect(entry!.outputTokens).toBeGreaterThan(20);
  });

  it.each([1, 7, 20])('ends at a limit of %d tokens', async (limit) => {
    const seen = await ask('Tell me about 👩‍👩‍👧 and 🏳️‍🌈', limit);
    expect(seen).toMatchObject({ finish: isOpenai ? 'length' : 'max_tokens', outputTokens: limit });
    expect(seen.text).not.toContain('\ufffd');
    expect(emulator.ledger.find(seen.requestId!)).toMatchObject({
      outputTokens: limit,
      finish: 'length',
      completed: true,
    });
  });

  it('is identical for the same prompt, whether it is streamed or not', async () => {
    const other = Object.entries(ASK).find(
      ([one]) => one !== name && one.split(',')[0] === name.split(',')[0],
    )![1];
    const [first, second, third] = [await ask('Hi'), await ask('Hi'), await other('Hi')];
    expect({ ...second, requestId: '' }).toEqual({ ...first, requestId: '' });
    expect({ ...third, requestId: '' }).toEqual({ ...first, requestId: '' });
    expect(new Set([first.requestId, second.requestId, third.requestId]).size).toBe(3);
  });

  it('takes as long as the configured latency', async () => {
    await emulator.stop();
    await start({ latency: { firstTokenMs: 40, perTokenMs: 1 } });
    const startedAt = performance.now();
    await ask('Hi', 20);
    // Timers may fire slightly early.
    expect(performance.now() - startedAt).toBeGreaterThan(55);
  });

  it('never fails without a configured fault', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => ask('Hi')));
    expect(all.every(({ finish }) => finish === (isOpenai ? 'stop' : 'end_turn'))).toBe(true);
    expect(emulator.ledger.entries().filter(({ billed, completed }) => billed && completed)).toHaveLength(
      100,
    );
  });
});

describe('a stream of OpenAI Chat Completions', () => {
  it('contains usage only if the request asks for it', async () => {
    const stream = await openai.chat.completions.create({
      model: GPT,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    });
    let chunks = 0;
    for await (const chunk of stream) {
      chunks++;
      expect(chunk).not.toHaveProperty('usage');
      expect(chunk.choices).toHaveLength(1);
    }
    expect(chunks).toBeGreaterThan(5);
  });
});
