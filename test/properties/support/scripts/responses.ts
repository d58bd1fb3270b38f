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
import { openaiRefusal } from './chat-completions.js';

const BASE = {
  id: 'resp_67ccd2bed1ec8190b14f964abc054267',
  object: 'response',
  created_at: 1_741_476_542,
  status: 'in_progress',
  error: null as object | null,
  incomplete_details: null as object | null,
  model: 'gpt-4.1-2025-04-14',
  output: [] as unknown[],
  service_tier: 'auto',
  usage: null as object | null,
};
const KNOWN: Partial<Said> = { id: BASE.id, model: BASE.model };

/** Endings of a response: status, reason if it is incomplete, and normalized finish reason. */
const ENDS: ReadonlyArray<readonly [status: string, reason: string | null, finish: FinishReason]> = [
  ['completed', null, 'stop'],
  ['completed', null, 'tool_calls'],
  ['completed', null, 'refusal'],
  ['incomplete', 'max_output_tokens', 'length'],
  ['incomplete', 'content_filter', 'content_filter'],
  ['cancelled', null, 'cancelled'],
  ['failed', null, 'error'],
];

/** Event types that contain the text, by finish reason. */
const KINDS = {
  stop: 'output_text',
  tool_calls: 'function_call_arguments',
  refusal: 'refusal',
} as const;

/** Source: OpenAI API reference, “Responses” and “Streaming events”. */
export const responses: ScriptedFormat = {
  name: 'responses',
  path: '/v1/responses',
  request: { model: 'gpt-4.1', input: 'Say “hello”.', stream: true },
  inputText: 'Say “hello”.',
  eventTypes: [
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.reasoning_summary_text.delta',
    'response.output_text.delta',
    'response.function_call_arguments.delta',
    'response.refusal.delta',
    'response.output_text.done',
    'response.output_item.done',
    'response.completed',
    'response.incomplete',
    'response.cancelled',
    'response.failed',
    'error',
  ],
  stream,
  json,
  refusal: openaiRefusal,
};

function stream({ pieces, counts, choice, flags }: Draw): EventScript['events'] {
  const script = new EventScript(true);
  const add = (type: string, members: object, more: Partial<Said> = {}): void =>
    void script.add(type, { type, sequence_number: script.events.length, ...members }, more);
  const text = pieces.join('');
  const end = endOf(counts, choice, text);
  const kind = end.finish in KINDS ? KINDS[end.finish as keyof typeof KINDS] : 'output_text';

  add('response.created', { response: BASE }, { ...KNOWN, usage: { serviceTier: 'auto' } });
  if (has(flags, 0)) add('response.in_progress', { response: BASE });
  add('response.output_item.added', { output_index: 0, item: { id: 'msg_1', type: 'message', content: [] } });
  for (const [index, delta] of pieces.entries()) {
    const type =
      has(flags, 1) && index === 0 ? 'response.reasoning_summary_text.delta' : `response.${kind}.delta`;
    script.addText(
      type,
      { type, sequence_number: script.events.length, item_id: 'msg_1', output_index: 0, delta },
      delta,
    );
  }
  if (has(flags, 3)) {
    add('error', { code: 'server_error', message: 'An error.', param: null }, { error: 'server_error' });
    return script.events;
  }
  if (has(flags, 2)) add('response.output_text.done', { item_id: 'msg_1', text });
  add('response.output_item.done', { output_index: 0, item: end.body.output[0] });
  add(`response.${end.body.status}`, { response: end.body }, end.said);
  return script.events;
}

function json({ pieces, counts, choice, flags }: Draw): { body: unknown; said: Said } {
  const text = pieces.join('');
  if (has(flags, 3)) {
    // A background response that has only been accepted.
    return {
      body: { ...BASE, status: 'queued' },
      said: {
        ...NOTHING_SAID,
        ...KNOWN,
        finish: 'paused',
        finishReasons: ['queued'],
        usage: { serviceTier: 'auto' },
        complete: true,
      },
    };
  }
  const { body, said } = endOf(counts, choice, text);
  return { body, said: { ...NOTHING_SAID, ...KNOWN, ...said, text } };
}

/** Creates a response that has ended. */
function endOf(
  [fresh, cached, visible, reasoning, searches]: Draw['counts'],
  choice: number,
  text: string,
): { body: typeof BASE; said: Partial<Said> & { usage: Said['usage'] }; finish: FinishReason } {
  const [status, reason, finish] = pick(ENDS, choice);
  const item =
    finish === 'tool_calls'
      ? { id: 'fc_1', type: 'function_call', arguments: text }
      : {
          id: 'msg_1',
          type: 'message',
          content: [finish === 'refusal' ? { type: finish, refusal: text } : { type: 'output_text', text }],
        };
  const failed = status === 'failed';
  const body = {
    ...BASE,
    status,
    error: failed ? { code: 'server_error', message: 'An error.' } : null,
    incomplete_details: reason === null ? null : { reason },
    output: [item],
    service_tier: 'default',
    usage: {
      input_tokens: fresh + cached,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: visible + reasoning,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: fresh + cached + visible + reasoning,
    },
    tool_usage: { web_search: { num_requests: searches } },
  };
  return {
    body,
    finish,
    said: {
      finish,
      finishReasons: [reason ?? status],
      error: failed ? 'server_error' : null,
      usage: {
        inputTokens: fresh + cached,
        cachedInputTokens: cached,
        outputTokens: visible + reasoning,
        totalTokens: body.usage.total_tokens,
        reasoningTokens: reasoning,
        webSearchRequests: searches,
        serviceTier: 'default',
      },
      complete: !failed,
    },
  };
}
