import type { StreamEvent } from '../model/emulated-api.js';
import { dataOf, isChatUsage, withData, type Body } from './dialect.js';

/** Moves the usage into the chunk with the finish reason, which comes before it. */
export function* mergeUsage(events: Iterable<StreamEvent>): Iterable<StreamEvent> {
  let finish: StreamEvent | null = null;
  for (const event of events) {
    const data = dataOf(event.text);
    if (finish !== null) {
      const usage = data?.['usage'];
      const isUsage = isChatUsage(usage);
      yield isUsage ? { ...finish, text: withData(finish.text, { ...dataOf(finish.text), usage }) } : finish;
      finish = null;
      if (isUsage) continue;
    }
    if (data === null) {
      yield event;
      continue;
    }
    const chunk = { ...event, text: withData(event.text, withoutNull(data)) };
    if (typeof choiceOf(data)?.['finish_reason'] === 'string') finish = chunk;
    else yield chunk;
  }
  if (finish !== null) yield finish;
}

/** Moves the usage into another member of its chunk. */
export function moveUsage(body: Body, move: (usage: unknown) => Body): Body {
  const { usage, ...others } = withoutNull(body);
  return isChatUsage(usage) ? { ...others, ...move(usage) } : withoutNull(body);
}

/** Returns a chunk without the `usage: null` that OpenAI sends when usage is requested. */
export function withoutNull(body: Body): Body {
  if (body['usage'] !== null) return body;
  const { usage: _, ...others } = body;
  return others;
}

export function choiceOf(body: Body): Body | undefined {
  return (body['choices'] as readonly Body[] | undefined)?.[0];
}
