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

const FINISHES: ReadonlyArray<readonly [said: string, normalised: FinishReason]> = [
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'content_filter'],
  ['other_reason', 'other_reason'],
];

/** Members of a delta that contain text. */
const DELTAS: ReadonlyArray<readonly [type: string, delta: (text: string) => object]> = [
  ['content', (content) => ({ content })],
  ['reasoning', (text) => ({ content: '', reasoning_content: text })],
  ['reasoning', (text) => ({ reasoning: text })],
  ['tool_calls', (text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })],
  ['refusal', (refusal) => ({ refusal })],
];

const BASE = { id: 'chatcmpl-B9MBs8Cj', created: 1_741_569_952, model: 'gpt-4o-mini-2024-07-18' };
const KNOWN: Partial<Said> = { id: BASE.id, model: BASE.model, usage: { serviceTier: 'default' } };

/** Source: OpenAI API reference, “The chat completion object” and “The chat completion chunk object”. */
export const chatCompletions: ScriptedFormat = {
  name: 'chat completions',
  path: '/v1/chat/completions',
  request: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say “hello”.' }], stream: true },
  inputText: 'Say “hello”.',
  eventTypes: [
    'prompt_filter',
    'role',
    'content',
    'reasoning',
    'tool_calls',
    'refusal',
    'finish',
    'usage',
    'error',
    '[DONE]',
  ],
  stream,
  json,
  refusal: openaiRefusal,
};

function stream({ pieces, counts, choice, flags }: Draw): EventScript['events'] {
  const script = new EventScript(false);
  const usage = usageOf(counts, has(flags, 0));
  /** 0: never sent. 1: in a separate chunk. 2: with the finish reason. 3: in each chunk, cumulatively. */
  const usageMode = choice % 4;
  const [type, delta] = pick(DELTAS, Math.floor(choice / 4));
  const [reason, finish] = pick(FINISHES, Math.floor(choice / 20));
  const refused = type === 'refusal';
  const finished = refused ? 'refusal' : finish;
  const choiceCount = has(flags, 1) ? 2 : 1;
  const chunk = (choices: unknown[], said?: object | null): object => ({
    ...BASE,
    object: 'chat.completion.chunk',
    service_tier: 'default',
    choices,
    ...(said === undefined ? (usageMode === 1 ? { usage: null } : {}) : { usage: said }),
  });
  const ofChoice = (index: number, content: object, finish_reason: string | null = null): object => ({
    index,
    delta: content,
    logprobs: null,
    finish_reason,
  });

  // Azure sends the content filter results of the prompt first, with an empty id and model.
  if (has(flags, 2))
    script.add('prompt_filter', { ...chunk([]), id: '', model: '', service_tier: undefined });
  script.add('role', chunk([ofChoice(0, { role: 'assistant', content: '', refusal: null })]), KNOWN);
  for (const [index, text] of pieces.entries()) {
    const growing = { prompt_tokens: usage.input, completion_tokens: index + 1 };
    script.addText(
      type,
      chunk([ofChoice(index % choiceCount, delta(text))], usageMode === 3 ? growing : undefined),
      text,
      {
        ...(refused ? { finish: 'refusal' } : {}),
        ...(usageMode === 3 ? { usage: { inputTokens: usage.input, outputTokens: index + 1 } } : {}),
      },
    );
  }
  if (has(flags, 3)) {
    script.add('error', openaiRefusal('server_error'), { error: 'server_error' });
    return script.events;
  }
  const reasons: string[] = [];
  for (let index = 0; index < choiceCount; index++) {
    reasons.push(reason);
    const withUsage = usageMode >= 2 && index === choiceCount - 1;
    script.add('finish', chunk([ofChoice(index, {}, reason)], withUsage ? usage.body : undefined), {
      finish: finished,
      finishReasons: [...reasons],
      ...(withUsage ? { usage: usage.said } : {}),
    });
  }
  if (usageMode === 1) script.add('usage', chunk([], usage.body), { usage: usage.said });
  return script.add('[DONE]', '[DONE]', { complete: true }).events;
}

function json({ pieces, counts, choice, flags }: Draw): { body: unknown; said: Said } {
  // Some servers do not report usage.
  const usage = has(flags, 3) ? { body: null, said: {} } : usageOf(counts, has(flags, 0));
  const [reason, finish] = pick(FINISHES, choice);
  const text = pieces.join('');
  const refused = has(flags, 1);
  const call = { id: 'call_1', type: 'function', function: { name: 'find', arguments: text } };
  const calls = has(flags, 2);
  const message = {
    role: 'assistant',
    content: calls || refused ? null : text,
    refusal: refused ? 'No.' : null,
    ...(calls ? { tool_calls: [call] } : {}),
  };
  return {
    body: {
      ...BASE,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
      usage: usage.body,
      service_tier: 'default',
    },
    said: {
      ...NOTHING_SAID,
      ...KNOWN,
      finish: refused ? 'refusal' : finish,
      finishReasons: [reason],
      usage: { ...KNOWN.usage, ...usage.said },
      complete: true,
      text: calls ? `find${text}` : refused ? '' : text,
    },
  };
}

/** Uses `counts` in this order: fresh input, cached input, visible output, reasoning. */
export function usageOf(
  [fresh, cached, visible, reasoning, audio]: Draw['counts'],
  detailed: boolean,
): { body: object; said: Said['usage']; input: number } {
  const body = {
    prompt_tokens: fresh + cached,
    completion_tokens: visible + reasoning,
    total_tokens: fresh + cached + visible + reasoning,
  };
  const said = {
    inputTokens: body.prompt_tokens,
    outputTokens: body.completion_tokens,
    totalTokens: body.total_tokens,
  };
  if (!detailed) return { body, said, input: body.prompt_tokens };
  return {
    body: {
      ...body,
      prompt_tokens_details: { cached_tokens: cached, audio_tokens: audio },
      completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0 },
    },
    said: { ...said, cachedInputTokens: cached, audioInputTokens: audio, reasoningTokens: reasoning },
    input: body.prompt_tokens,
  };
}

export function openaiRefusal(code: string): object {
  return { error: { message: 'The server had an error.', type: 'server_error', param: null, code } };
}
