import type OpenAI from 'openai';
import {
  outputItems,
  responseObject,
  spokenItem,
  spokenPart,
  type SentResponse,
} from './openai-response-object.js';
import { fullText, namedEvent, type Answer, type StreamEvent } from './provider.js';

type SdkEvent = OpenAI.Responses.ResponseStreamEvent;
/** Event on the wire, with the response on the wire. */
type Sent<Event> = Event extends { response: OpenAI.Responses.Response }
  ? Omit<Event, 'response'> & { response: SentResponse }
  : Event;
/** Event without its sequence number. */
type Unnumbered<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never;
type Event = Unnumbered<Sent<SdkEvent>>;

/** Builds the events of a response in the documented order. Source: API reference, “Streaming events”. */
export function* responseEvents(answer: Answer): Iterable<StreamEvent> {
  let number = 0;
  const event = (data: Event, tokens = 0): StreamEvent => ({
    text: namedEvent(data.type, { ...data, sequence_number: number++ }),
    tokens,
  });
  const isBackground = answer.request.body['background'] === true;
  const begun = isBackground ? 'queued' : 'in_progress';
  yield event({ type: 'response.created', response: responseObject(answer, begun) });
  if (isBackground) yield event({ type: 'response.queued', response: responseObject(answer, 'queued') });
  yield event({ type: 'response.in_progress', response: responseObject(answer, 'in_progress') });

  const spoken = spokenItem(answer);
  let index = 0;
  for (const item of outputItems(answer)) {
    if (item.id === spoken?.id) continue;
    const tokens = item.type === 'reasoning' ? answer.reasoningTokens : 0;
    yield event({ type: 'response.output_item.added', output_index: index, item });
    yield event({ type: 'response.output_item.done', output_index: index, item }, tokens);
    index++;
  }
  if (spoken?.type === 'function_call') yield* callEvents(answer, spoken, index, event);
  else if (spoken) yield* messageEvents(answer, spoken, index, event);

  const response = responseObject(answer, 'ended');
  if (response.status === 'failed') yield event({ type: 'response.failed', response });
  else if (response.status === 'incomplete') yield event({ type: 'response.incomplete', response });
  else yield event({ type: 'response.completed', response });
}

type ToEvent = (data: Event, tokens?: number) => StreamEvent;

function* callEvents(
  answer: Answer,
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
  for (const { text, tokens } of answer.pieces)
    yield event({ type: 'response.function_call_arguments.delta', ...at, delta: text }, tokens);
  const { arguments: written } = item;
  yield event({ type: 'response.function_call_arguments.done', ...at, arguments: written });
  yield event({ type: 'response.output_item.done', output_index: index, item });
}

function* messageEvents(
  answer: Answer,
  item: OpenAI.Responses.ResponseOutputMessage,
  index: number,
  event: ToEvent,
): Iterable<StreamEvent> {
  const { finish } = answer;
  const text = fullText(answer);
  const at = { item_id: item.id, output_index: index, content_index: 0 };
  yield event({
    type: 'response.output_item.added',
    output_index: index,
    item: { ...item, status: 'in_progress', content: [] },
  });
  yield event({ type: 'response.content_part.added', ...at, part: spokenPart(finish, '') });
  for (const { text: delta, tokens } of answer.pieces) {
    yield finish === 'refusal'
      ? event({ type: 'response.refusal.delta', ...at, delta }, tokens)
      : event({ type: 'response.output_text.delta', ...at, delta, logprobs: [] }, tokens);
  }
  if (finish === 'refusal') yield event({ type: 'response.refusal.done', ...at, refusal: text });
  else yield event({ type: 'response.output_text.done', ...at, text, logprobs: [] });
  yield event({ type: 'response.content_part.done', ...at, part: spokenPart(finish, text) });
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
