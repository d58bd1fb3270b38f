import {
  EventScript,
  has,
  NOTHING_SAID,
  pick,
  type Draw,
  type Said,
  type ScriptedFormat,
} from '../script.js';
import { openaiRefusal, usageOf } from './chat-completions.js';

const BASE = { id: 'cmpl-uqkvlQyYK7', object: 'text_completion', created: 1_589_478_378, model: 'open-7b' };
const KNOWN: Partial<Said> = { id: BASE.id, model: BASE.model };
const FINISHES = ['stop', 'length', 'content_filter'] as const;

/** Source: OpenAI API reference, “Completions (legacy)”, “The completion object”. */
export const completions: ScriptedFormat = {
  name: 'completions',
  path: '/v1/completions',
  request: { model: 'open-7b', prompt: 'Say “hello”.', stream: true },
  inputText: 'Say “hello”.',
  eventTypes: ['text', 'finish', 'usage', 'error', '[DONE]'],
  stream,
  json,
  refusal: openaiRefusal,
};

function stream({ pieces, counts, choice, flags }: Draw): EventScript['events'] {
  const script = new EventScript(false);
  const finish = pick(FINISHES, choice);
  const chunk = (text: string, finish_reason: string | null = null): object => ({
    ...BASE,
    choices: [{ text, index: 0, logprobs: null, finish_reason }],
  });
  for (const text of pieces) script.addText('text', chunk(text), text, KNOWN);
  if (has(flags, 3))
    return script.add('error', openaiRefusal('server_error'), { error: 'server_error' }).events;
  script.add('finish', chunk('', finish), { finish, finishReasons: [finish] });
  if (has(flags, 0)) {
    const usage = usageOf(counts, has(flags, 1));
    script.add('usage', { ...BASE, choices: [], usage: usage.body }, { usage: usage.said });
  }
  return script.add('[DONE]', '[DONE]', { complete: true }).events;
}

function json({ pieces, counts, choice, flags }: Draw): { body: unknown; said: Said } {
  const finish = pick(FINISHES, choice);
  const text = pieces.join('');
  const usage = has(flags, 3) ? { body: null, said: {} } : usageOf(counts, has(flags, 1));
  return {
    body: {
      ...BASE,
      choices: [{ text, index: 0, logprobs: null, finish_reason: finish }],
      usage: usage.body,
    },
    said: {
      ...NOTHING_SAID,
      ...KNOWN,
      finish,
      finishReasons: [finish],
      usage: usage.said,
      complete: true,
      text,
    },
  };
}
