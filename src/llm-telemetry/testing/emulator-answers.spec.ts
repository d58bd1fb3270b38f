import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
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

const GPT = 'gpt-4o-mini';
const CLAUDE = 'claude-haiku-4-5';

const Triage = z.object({
  category: z.string(),
  urgency: z.enum(['low', 'medium', 'high']),
  tags: z.array(z.string()),
  score: z.number().nullable(),
  nested: z.object({ sure: z.boolean() }),
});

describe('structured outputs', () => {
  it('match the schema when the OpenAI SDK parses them', async () => {
    const request = {
      model: GPT,
      messages: [{ role: 'user' as const, content: 'Triage this.' }],
      response_format: zodResponseFormat(Triage, 'triage'),
    };
    const plain = await openai.chat.completions.parse(request);
    expect(Triage.safeParse(plain.choices[0]!.message.parsed).success).toBe(true);
    const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
    expect(streamed.choices[0]!.message.parsed).toEqual(plain.choices[0]!.message.parsed);
  });

  it('match the schema when the Anthropic SDK parses them', async () => {
    const request = {
      model: CLAUDE,
      max_tokens: 500,
      messages: [{ role: 'user' as const, content: 'Triage this.' }],
      output_config: { format: zodOutputFormat(Triage) },
    };
    const plain = await anthropic.messages.parse(request);
    expect(Triage.safeParse(plain.parsed_output).success).toBe(true);
  });

  it('are valid JSON if the request asks for a JSON object', async () => {
    const { choices } = await openai.chat.completions.create({
      model: GPT,
      messages: [{ role: 'user', content: 'JSON, please.' }],
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(choices[0]!.message.content!)).toEqual({});
  });
});

describe('tool calls', () => {
  const schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };

  it('are returned in OpenAI format if a tool is forced, until its result is sent', async () => {
    const request: OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming = {
      model: GPT,
      messages: [{ role: 'user', content: 'Weather?' }],
      tools: [{ type: 'function', function: { name: 'weather', parameters: schema } }],
      tool_choice: 'required',
    };
    const { choices } = await openai.chat.completions.create(request);
    const call = choices[0]!.message.tool_calls![0]!;
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(call).toMatchObject({
      type: 'function',
      function: { name: 'weather', arguments: '{"city":"example"}' },
    });
    const streamed = await openai.chat.completions.stream({ ...request, stream: true }).finalChatCompletion();
    expect(streamed.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'weather', arguments: '{"city":"example"}' } }] },
    });
    const answered = await openai.chat.completions.create({
      ...request,
      messages: [
        ...request.messages,
        choices[0]!.message,
        { role: 'tool', tool_call_id: call.id, content: 'Sunny' },
      ],
    });
    expect(answered.choices[0]!.finish_reason).toBe('stop');
  });

  it('are returned in Anthropic format if a tool is forced', async () => {
    const request: Anthropic.MessageCreateParamsNonStreaming = {
      model: CLAUDE,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Weather?' }],
      tools: [{ name: 'weather', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'weather' },
    };
    const expected = {
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'weather', input: { city: 'example' } }],
    };
    expect(await anthropic.messages.create(request)).toMatchObject(expected);
    expect(await anthropic.messages.stream(request).finalMessage()).toMatchObject(expected);
  });
});

describe('prompt caching', () => {
  beforeEach(async () => {
    await emulator.stop();
    await start({ cachedTokens: true });
  });

  it('reads long OpenAI prompts from the second request on, in steps of 128 tokens', async () => {
    const ask = (): Promise<OpenAI.ChatCompletion> =>
      openai.chat.completions.create({
        model: GPT,
        messages: [{ role: 'system', content: 'word '.repeat(1500) }],
      });
    const [first, second] = [await ask(), await ask()];
    expect(first.usage).toMatchObject({ prompt_tokens_details: { cached_tokens: 0 } });
    const cached = second.usage!.prompt_tokens_details!.cached_tokens!;
    expect(cached % 128).toBe(0);
    expect(cached).toBeGreaterThanOrEqual(1024);
    expect(second.usage!.prompt_tokens - cached).toBeLessThan(128);
    expect(emulator.ledger.entries().at(-1)).toMatchObject({
      cachedInputTokens: cached,
      cacheWriteTokens: 0,
    });
  });

  it('writes and then reads Anthropic prompts up to the block with cache_control', async () => {
    const ask = (): Promise<Anthropic.Message> =>
      anthropic.messages
        .stream({
          model: CLAUDE,
          max_tokens: 50,
          system: [{ type: 'text', text: 'word '.repeat(200), cache_control: { type: 'ephemeral' } }],
          messages: [{ role: 'user', content: 'Hi' }],
        })
        .finalMessage();
    const [first, second] = [(await ask()).usage, (await ask()).usage];
    const prefix = first.cache_creation_input_tokens!;
    expect(prefix).toBeGreaterThan(199);
    expect(first).toMatchObject({
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: prefix },
    });
    expect(second).toMatchObject({ cache_read_input_tokens: prefix, cache_creation_input_tokens: 0 });
    expect(second.input_tokens).toBe(first.input_tokens);
    expect(emulator.ledger.entries().map(({ inputTokens }) => inputTokens)).toEqual([
      first.input_tokens + prefix,
      first.input_tokens + prefix,
    ]);
  });
});
