import type OpenAI from 'openai';
import {
  audioPartOf,
  dataEvent,
  fullText,
  type GeneratedResponse,
  type StreamEvent,
} from '../model/emulated-api.js';

type ServerEvent = OpenAI.Realtime.RealtimeServerEvent;
type Item =
  | OpenAI.Realtime.RealtimeConversationItemAssistantMessage
  | OpenAI.Realtime.RealtimeConversationItemFunctionCall;
type Response = OpenAI.Realtime.RealtimeResponse;
type Status = NonNullable<Response['status']>;
/** Event without its id. */
type Unnumbered = ServerEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'event_id'>
    : never
  : never;

/** Builds the events of a response in the documented order. Source: API reference, “Realtime”, “Server events”. */
export function* realtimeEvents(generated: GeneratedResponse, eventId: () => string): Iterable<StreamEvent> {
  const event = (data: Unnumbered, tokens = 0): StreamEvent => ({
    text: dataEvent({ ...data, event_id: eventId() }),
    tokens,
  });
  const response_id = generated.id;
  yield event({ type: 'response.created', response: responseOf(generated, 'in_progress') });
  const item = outputItem(generated);
  if (item !== null) {
    const at = { response_id, output_index: 0, item_id: item.id! };
    const begun: Item =
      item.type === 'message'
        ? { ...item, status: 'in_progress', content: [] }
        : { ...item, status: 'in_progress', arguments: '' };
    yield event({ type: 'response.output_item.added', response_id, output_index: 0, item: begun });
    if (item.type === 'function_call') {
      const call_id = item.call_id!;
      for (const { text: delta, tokens } of generated.pieces)
        yield event({ type: 'response.function_call_arguments.delta', ...at, call_id, delta }, tokens);
      const { name, arguments: args } = item;
      yield event({ type: 'response.function_call_arguments.done', ...at, call_id, name, arguments: args });
    } else yield* partEvents(generated, { ...at, content_index: 0 }, event);
    yield event({ type: 'response.output_item.done', response_id, output_index: 0, item });
  }
  yield event({ type: 'response.done', response: responseOf(generated, STATUS[generated.finish]) });
}

function* partEvents(
  generated: GeneratedResponse,
  at: { response_id: string; output_index: number; item_id: string; content_index: number },
  event: (data: Unnumbered, tokens?: number) => StreamEvent,
): Iterable<StreamEvent> {
  const text = fullText(generated);
  if (!generated.request.speaks) {
    yield event({ type: 'response.content_part.added', ...at, part: { type: 'text', text: '' } });
    for (const { text: delta, tokens } of generated.pieces)
      yield event({ type: 'response.output_text.delta', ...at, delta }, tokens);
    yield event({ type: 'response.output_text.done', ...at, text });
    yield event({ type: 'response.content_part.done', ...at, part: { type: 'text', text } });
    return;
  }
  yield event({ type: 'response.content_part.added', ...at, part: { type: 'audio', transcript: '' } });
  for (const { text: delta, tokens } of generated.pieces) {
    yield event({ type: 'response.output_audio_transcript.delta', ...at, delta });
    yield event({ type: 'response.output_audio.delta', ...at, delta: SILENCE }, tokens);
  }
  yield event({ type: 'response.output_audio.done', ...at });
  yield event({ type: 'response.output_audio_transcript.done', ...at, transcript: text });
  yield event({ type: 'response.content_part.done', ...at, part: { type: 'audio', transcript: text } });
}

/** One millisecond of silence: 24 samples of 2 bytes. */
const SILENCE = Buffer.alloc(48).toString('base64');

/** Builds the item of the conversation that a response adds; `null` without output. */
export function outputItem(generated: GeneratedResponse): Item | null {
  const { id, finish, tool } = generated;
  if (finish === 'failed' || generated.pieces.length === 0) return null;
  const text = fullText(generated);
  const status = STATUS[finish] === 'completed' ? 'completed' : 'incomplete';
  const common = { object: 'realtime.item', status } as const;
  if (tool)
    return {
      ...common,
      id: `item_${id}`,
      type: 'function_call',
      call_id: `call_${id}`,
      name: tool.name,
      arguments: text,
    };
  const content = generated.request.speaks
    ? ({ type: 'output_audio', transcript: text } as const)
    : ({ type: 'output_text', text } as const);
  return { ...common, id: `item_${id}`, type: 'message', role: 'assistant', content: [content] };
}

const STATUS: Readonly<Record<GeneratedResponse['finish'], Status>> = {
  stop: 'completed',
  tool_calls: 'completed',
  refusal: 'completed',
  length: 'incomplete',
  content_filter: 'incomplete',
  // Realtime has no equivalent.
  paused: 'incomplete',
  failed: 'failed',
};

function responseOf(generated: GeneratedResponse, status: Status): Response {
  const item = status === 'in_progress' ? null : outputItem(generated);
  const details = detailsOf(generated, status);
  return {
    id: generated.id,
    object: 'realtime.response',
    status,
    output: item === null ? [] : [item],
    output_modalities: [generated.request.speaks ? 'audio' : 'text'],
    ...(details && { status_details: details }),
    ...(status !== 'in_progress' && status !== 'failed' && { usage: usageOf(generated) }),
  };
}

/** Builds a response that was interrupted. What was generated until then is billed. */
export function cancelledResponse(generated: GeneratedResponse, tokens: number, reason: string): Response {
  const until = { ...generated, outputTokens: tokens, audioOutputTokens: 0 };
  const spoken = generated.request.speaks ? audioPartOf(tokens) : 0;
  return {
    ...responseOf(generated, 'in_progress'),
    status: 'cancelled',
    status_details: { type: 'cancelled', reason: reason as 'turn_detected' | 'client_cancelled' },
    usage: usageOf({ ...until, audioOutputTokens: spoken }),
  };
}

function detailsOf(
  { finish, failedWith }: GeneratedResponse,
  status: Status,
): OpenAI.Realtime.RealtimeResponseStatus | null {
  if (status === 'in_progress' || status === 'cancelled') return null;
  if (status === 'failed') return { type: 'failed', error: { type: 'server_error', code: failedWith } };
  if (status === 'completed') return { type: 'completed' };
  return { type: 'incomplete', reason: finish === 'content_filter' ? 'content_filter' : 'max_output_tokens' };
}

function usageOf(generated: GeneratedResponse): OpenAI.Realtime.RealtimeResponseUsage {
  const { outputTokens, cachedInputTokens: cached, audioOutputTokens: audio } = generated;
  const { inputTokens, audioInputTokens } = generated.request;
  return {
    total_tokens: inputTokens + outputTokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    input_token_details: {
      text_tokens: inputTokens - audioInputTokens,
      audio_tokens: audioInputTokens,
      cached_tokens: cached,
      cached_tokens_details: { text_tokens: cached, audio_tokens: 0 },
    },
    output_token_details: { text_tokens: outputTokens - audio, audio_tokens: audio },
  };
}
