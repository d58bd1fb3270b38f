/** Constant response that is encoded once, so that serving it adds almost no cost. */
export interface CannedResponse {
  readonly contentType: string;
  /** The body. A stream has one chunk per event. */
  readonly chunks: readonly Uint8Array[];
}

/** Number of chunks in a stream, including its first and last events. */
export const STREAM_CHUNKS = 200;

/** Token counts of each response, for all providers. */
export const TOKENS = { input: 87, output: 210 } as const;

/** Input tokens that were read from the cache, in the responses that have any. */
export const CACHED_TOKENS = 32;

export function jsonResponse(body: object): CannedResponse {
  return { contentType: 'application/json', chunks: [bytes(JSON.stringify(body))] };
}

/** Creates a stream, of server-sent events by default. @throws RangeError if it has not `STREAM_CHUNKS` events. */
export function streamResponse(
  events: ReadonlyArray<string | Uint8Array>,
  contentType = 'text/event-stream; charset=utf-8',
): CannedResponse {
  if (events.length !== STREAM_CHUNKS) throw new RangeError(`${events.length} events`);
  return {
    contentType,
    chunks: events.map((event) => (typeof event === 'string' ? bytes(event) : Uint8Array.from(event))),
  };
}

/** Returns `count` words, one per delta. */
export function words(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => WORDS[index % WORDS.length]!);
}

const WORDS = ['Your', ' order', ' contains', ' two', ' "Espresso"', ' cups', ' –', ' café', ' blue', '.\n'];

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
