import type OpenAI from 'openai';
import {
  outputItems,
  responseObject,
  streamedItem,
  contentPart,
  type SentResponse,
} from './openai-response-object.js';
import { fullText, namedEvent, type GeneratedResponse, type StreamEvent } from '../model/emulated-api.js';

type SdkEvent = OpenAI.Responses.ResponseStreamEvent;
/** Event on the wire, with the response on the wire. */
type Sent<Event> = Event extends { response: OpenAI.Responses.Response }
  ? Omit<Event, 'response'> & { response: SentResponse }
  : Event;
/** Event without its sequence number. */
type Unnumbered<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never;
type Event = Unnumbered<Sent<SdkEvent>>;

/** Builds the events of a response in the documented order. Source: API reference, “Streaming events”. */
export function* responseEvents(generated: GeneratedResponse): Iterable<StreamEvent> {
  let number = 0;
  const event = (data: Event, tokens = 0): StreamEvent => ({
    text: namedEvent(data.type, { ...data, sequence_number: number++ }),
    tokens,
  });
  const isBackground = generated.request.body['background'] === true;
  const begun = isBackground ? 'queued' : 'in_progress';
  yield event({ type: 'response.created', response: responseObject(generated, begun) });
  if (isBackground) yield event({ type: 'response.queued', response: responseObject(generated, 'queued') });
  yield event({ type: 'response.in_progress', response: responseObject(generated, 'in_progress') });

  const streamed = streamedItem(generated);
  let index = 0;
  for (const item of outputItems(generated)) {
    if (item.id === streamed?.id) continue;
    const tokens = item.type === 'reasoning' ? generated.reasoningTokens : 0;
    yield event({ type: 'response.output_item.added', output_index: index, item });
    yield event({ type: 'response.output_item.done', output_index: index, item }, tokens);
    index++;
  }
  if (streamed?.type === 'function_call') yield* callEvents(generated, streamed, index, event);
  else if (streamed) yield* messageEvents(generated, streamed, index, event);

  const response = responseObject(generated, 'ended');
  if (response.status === 'failed') yield event({ type: 'response.failed', response });
  else if (response.status === 'incomplete') yield event({ type: 'response.incomplete', response });
  else yield event({ type: 'response.completed', response });
}

type ToEvent = (data: Event, tokens?: number) => StreamEvent;

function* callEvents(
  generated: GeneratedResponse,
  item: OpenAI.Responses.ResponseFunctionToolCall,
  index: number,
  event: ToEvent,
): Iterable<StreamEvent> {
  const at = { item_id: item.id ?? '', output_index: index };
  yield event({
    type: 'response.output_item.added',
    output_index: index,
    item: { ...item, arguments: '', status: 'in_progress' },
  });
  for (const { text, tokens } of generated.pieces)
    yield event({ type: 'response.function_call_arguments.delta', ...at, delta: text }, tokens);
  const { arguments: written } = item;
  yield event({ type: 'response.function_call_arguments.done', ...at, arguments: written });
  yield event({ type: 'response.output_item.done', output_index: index, item });
}

function* messageEvents(
  generated: GeneratedResponse,
  item: OpenAI.Responses.ResponseOutputMessage,
  index: number,
  event: ToEvent,
): Iterable<StreamEvent> {
  const { finish } = generated;
  const text = fullText(generated);
  const at = { item_id: item.id, output_index: index, content_index: 0 };
  yield event({
    type: 'response.output_item.added',
    output_index: index,
    item: { ...item, status: 'in_progress', content: [] },
  });
  yield event({ type: 'response.content_part.added', ...at, part: contentPart(finish, '') });
  for (const { text: delta, tokens } of generated.pieces) {
    yield finish === 'refusal'
      ? event({ type: 'response.refusal.delta', ...at, delta }, tokens)
      : event({ type: 'response.output_text.delta', ...at, delta, logprobs: [] }, tokens);
  }
  if (finish === 'refusal') yield event({ type: 'response.refusal.done', ...at, refusal: text });
  else yield event({ type: 'response.output_text.done', ...at, text, logprobs: [] });
  yield event({ type: 'response.content_part.done', ...at, part: contentPart(finish, text) });
  yield event({ type: 'response.output_item.done', output_index: index, item });
}

/** Builds the error event of a stream. Source: API reference, “Streaming events”, `error`. */
export function streamErrorEvent(message: string, eventsSent: number): string {
  const data: OpenAI.Responses.ResponseErrorEvent = {
    type: 'error',
    code: 'server_error',
    message,
    param: null,
    sequence_number: eventsSent,
  };
  return namedEvent(data.type, data);
}
