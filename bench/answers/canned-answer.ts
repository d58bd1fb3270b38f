/** An answer that is always the same, made once, so that serving it costs next to nothing. */
export interface CannedAnswer {
  readonly contentType: string;
  /** The body; a stream has one chunk an event. */
  readonly chunks: readonly Uint8Array[];
}

/** Chunks of a stream, its first and last events included. */
export const STREAM_CHUNKS = 200;

/** Tokens of each answer, whoever gives it. */
export const TOKENS = { input: 87, output: 210 } as const;

export function jsonAnswer(body: object): CannedAnswer {
  return { contentType: 'application/json', chunks: [bytes(JSON.stringify(body))] };
}

/** A stream of events as the providers write them. @throws RangeError where they are not as many as promised. */
export function streamAnswer(events: readonly string[]): CannedAnswer {
  if (events.length !== STREAM_CHUNKS) throw new RangeError(`${events.length} events`);
  return { contentType: 'text/event-stream; charset=utf-8', chunks: events.map(bytes) };
}

/** So many words of an answer, one a delta. */
export function words(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => WORDS[index % WORDS.length]!);
}

const WORDS = ['Your', ' order', ' contains', ' two', ' "Espresso"', ' cups', ' –', ' café', ' blue', '.\n'];

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
