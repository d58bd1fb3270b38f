import type { EmulatedApi, GeneratedResponse, JsonReply, StreamEvent } from '../model/emulated-api.js';
import type { FaultSpec } from '../model/faults.js';
import { dataOf, isChatUsage, withData, type Body, type Dialect, type DialectContext } from './dialect.js';
import { DIALECTS, type DialectName } from './dialects.js';

/** The dialects of one response, applied in the order of their names. */
export class SpokenDialects {
  private readonly rows: readonly Dialect[];

  constructor(names: Iterable<DialectName>) {
    this.rows = [...new Set(names)].map((name) => DIALECTS[name]);
  }

  get sendsUsage(): boolean {
    return this.rows.some(({ sendsUsage }) => sendsUsage);
  }

  get sendsCost(): boolean {
    return this.rows.some(({ sendsCost }) => sendsCost);
  }

  /** Returns a JSON response; texts and bytes stay as they are. */
  json(body: unknown, generated: GeneratedResponse): unknown {
    if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) return body;
    return this.body(body as Body, { generated, sentTokens: generated.outputTokens });
  }

  /** Returns the events of a stream. Only server-sent events have dialects. */
  *events(api: EmulatedApi, generated: GeneratedResponse): Iterable<StreamEvent> {
    if (api.eventStream) return yield* api.events(generated);
    let sentTokens = 0;
    let events = api.events(generated);
    for (const row of this.rows) events = row.events?.(events) ?? events;
    for (const event of events) {
      sentTokens += event.tokens;
      yield { ...event, text: this.event(event.text, { generated, sentTokens }) };
    }
  }

  /** Returns the event that interrupts a stream. */
  streamError(api: EmulatedApi, generated: GeneratedResponse, eventsSent: number): string {
    const text = api.streamError(eventsSent);
    return api.eventStream ? text : this.event(text, { generated, sentTokens: 0 });
  }

  streamType(api: EmulatedApi): string | null {
    if (api.eventStream) return api.eventStream.contentType;
    const rows = this.rows.filter(({ streamType }) => streamType !== undefined);
    return rows.length === 0 ? EVENT_STREAM : rows.at(-1)!.streamType!;
  }

  /** Returns the response to a refused request. */
  rejection(reply: JsonReply, fault: FaultSpec, isEventStream: boolean): JsonReply {
    const written = this.rows.reduce(
      (last, row) => row.rejection?.(last, fault, isEventStream) ?? last,
      reply,
    );
    if (!isEventStream || !this.rows.some(({ streamsRejection }) => streamsRejection)) return written;
    return eventsOnly(`data: ${JSON.stringify(written.body)}\n\n${DONE}`);
  }

  private event(text: string, context: DialectContext): string {
    const data = dataOf(text);
    const rewritten = data === null ? text : withData(text, this.body(data, context));
    return this.rows.reduce((last, row) => row.text?.(last) ?? last, rewritten);
  }

  private body(body: Body, context: DialectContext): Body {
    return this.rows.reduce((last, row) => rewrite(row, last, context), body);
  }
}

function rewrite(row: Dialect, body: Body, context: DialectContext): Body {
  const { usage } = body;
  const counted = row.usage && isChatUsage(usage) ? { ...body, usage: row.usage(usage, context) } : body;
  return row.body?.(counted, context) ?? counted;
}

const EVENT_STREAM = 'text/event-stream; charset=utf-8';
const DONE = 'data: [DONE]\n\n';

/** Builds a successful response that is a stream of the given events. */
function eventsOnly(events: string): JsonReply {
  return { status: 200, headers: { 'content-type': EVENT_STREAM }, body: events };
}

/** Builds a successful response without content, for the faults `no_body` and `only_done`. */
export function emptyReply(kind: 'no_body' | 'only_done', isEventStream: boolean): JsonReply {
  if (kind === 'only_done' && isEventStream) return eventsOnly(DONE);
  return {
    status: 200,
    headers: { 'content-type': isEventStream ? EVENT_STREAM : 'application/json' },
    body: '',
  };
}
