import type { FinishReason } from '../../../../src/llm-telemetry/wire/finish-reason.js';
import {
  EventScript,
  has,
  NOTHING_SAID,
  pick,
  type Draw,
  type Said,
  type ScriptedFormat,
} from '../script.js';

const STOPS: ReadonlyArray<readonly [said: string, normalised: FinishReason]> = [
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'refusal'],
  ['pause_turn', 'paused'],
  ['model_context_window_exceeded', 'context_window'],
  ['not_yet_known', 'not_yet_known'],
];

const DELTAS: ReadonlyArray<readonly [block: object, delta: (text: string) => object]> = [
  [{ type: 'text', text: '' }, (text) => ({ type: 'text_delta', text })],
  [{ type: 'thinking', thinking: '', signature: '' }, (thinking) => ({ type: 'thinking_delta', thinking })],
  [
    { type: 'tool_use', id: 'toolu_1', name: 'find', input: {} },
    (partial_json) => ({ type: 'input_json_delta', partial_json }),
  ],
];

const MESSAGE = {
  id: 'msg_013Zva2CMHLN',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5-20251001',
  content: [] as unknown[],
  stop_reason: null as string | null,
  stop_sequence: null,
};
const KNOWN: Partial<Said> = { id: MESSAGE.id, model: MESSAGE.model };

/** Source: Anthropic API reference, “Messages” and “Streaming Messages”. */
export const messages: ScriptedFormat = {
  name: 'messages',
  path: '/v1/messages',
  request: {
    model: 'claude-haiku-4-5',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Say “hello”.' }],
    stream: true,
  },
  inputText: 'Say “hello”.',
  eventTypes: [
    'message_start',
    'ping',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
    'error',
  ],
  stream,
  json,
  refusal: (type) => ({ type: 'error', error: { type, message: 'Overloaded' } }),
};

function stream({ pieces, counts, choice, flags }: Draw): EventScript['events'] {
  const script = new EventScript(true);
  const add = (type: string, members: object = {}, more: Partial<Said> = {}): void =>
    void script.add(type, { type, ...members }, more);
  const usage = usageOf(counts, has(flags, 0));
  const [reason, finish] = pick(STOPS, choice);
  const [block, delta] = pick(DELTAS, Math.floor(choice / 8));

  add(
    'message_start',
    { message: { ...MESSAGE, usage: { ...usage.body, output_tokens: 1 } } },
    { ...KNOWN, usage: usage.saidOfInput },
  );
  add('content_block_start', { index: 0, content_block: block });
  if (has(flags, 1)) add('ping');
  for (const text of pieces) {
    const type = 'content_block_delta';
    script.addText(type, { type, index: 0, delta: delta(text) }, text);
  }
  if (has(flags, 3)) {
    add(
      'error',
      { error: { type: 'overloaded_error', message: 'Overloaded' } },
      { error: 'overloaded_error' },
    );
    return script.events;
  }
  add('content_block_stop', { index: 0 });
  // Every message_delta has the cumulative output count. Other counts may be repeated or omitted.
  const repeated = pick([{}, NULLS, usage.body], Math.floor(choice / 24));
  add(
    'message_delta',
    {
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { ...repeated, output_tokens: usage.output },
    },
    { finish, finishReasons: [reason], usage: { outputTokens: usage.output } },
  );
  add('message_stop', {}, { complete: true });
  return script.events;
}

/** Unchanged counts are `null` at the end of some streams. */
const NULLS = {
  input_tokens: null,
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
  server_tool_use: null,
};

function json({ pieces, counts, choice, flags }: Draw): { body: unknown; said: Said } {
  const usage = usageOf(counts, has(flags, 0));
  const [reason, finish] = pick(STOPS, choice);
  const text = pieces.join('');
  const block = pick(
    [
      { type: 'text', text },
      { type: 'thinking', thinking: text, signature: 'EqQBCgIYAhIM' },
      { type: 'tool_use', id: 'toolu_1', name: 'find', input: { query: text } },
    ],
    Math.floor(choice / 8),
  );
  return {
    body: { ...MESSAGE, content: [block], stop_reason: reason, usage: usage.body },
    said: {
      ...NOTHING_SAID,
      ...KNOWN,
      finish,
      finishReasons: [reason],
      usage: { ...usage.saidOfInput, outputTokens: usage.output },
      complete: true,
      text,
    },
  };
}

/** Uses `counts` in this order: fresh input, cache reads, 5-minute cache writes, 1-hour cache writes, output. */
function usageOf(
  [fresh, read, for5m, for1h, output]: Draw['counts'],
  cached: boolean,
): { body: object; saidOfInput: Said['usage']; output: number } {
  const tier = { service_tier: 'standard', inference_geo: 'eu' };
  const saidOfTier = { serviceTier: 'standard', geo: 'eu' };
  if (!cached) {
    return {
      body: { input_tokens: fresh, output_tokens: output, ...tier },
      saidOfInput: { inputTokens: fresh, ...saidOfTier },
      output,
    };
  }
  return {
    body: {
      input_tokens: fresh,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: for5m + for1h,
      cache_creation: { ephemeral_5m_input_tokens: for5m, ephemeral_1h_input_tokens: for1h },
      output_tokens: output,
      ...tier,
    },
    saidOfInput: {
      inputTokens: fresh + read + for5m + for1h,
      cachedInputTokens: read,
      cacheWriteTokens5m: for5m,
      cacheWriteTokens1h: for1h,
      ...saidOfTier,
    },
    output,
  };
}
