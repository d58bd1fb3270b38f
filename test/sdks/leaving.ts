import type { Side, Use } from './sdk.js';

/** Applications that don't wait for the end, the same way with every SDK. */

/** Aborts the application's signal when the provider has the request. */
export function abortOnceReceived(ask: (side: Side, signal: AbortSignal) => PromiseLike<unknown>): Use {
  return async (side) => {
    const controller = new AbortController();
    const answer = ask(side, controller.signal);
    void side.received.then(() => controller.abort());
    return await answer;
  };
}

/** Starts something, forgets it, and comes to its end. */
export function forgotten(ask: Use): Use {
  return (side) => {
    void (ask(side) as Promise<unknown>).catch(() => {});
  };
}

/** Answers by itself where it gets no answer. */
export function withFallback(ask: Use): Use {
  return async (side) => {
    try {
      return await ask(side);
    } catch {
      return 'a fallback';
    }
  };
}

/** Reads on to the first item of which `isText` holds, and leaves the loop. */
export async function breakAt<T>(stream: AsyncIterable<T>, isText: (item: T) => unknown): Promise<T> {
  for await (const item of stream) if (isText(item)) return item;
  throw new Error('There was no text in it.');
}

/** Reads on, and calls `abort` at the first item of which `isText` holds. */
export async function abortAt<T>(
  stream: AsyncIterable<T>,
  isText: (item: T) => unknown,
  abort: () => void,
): Promise<T> {
  let found: T | undefined;
  for await (const item of stream) {
    if (found !== undefined || !isText(item)) continue;
    found = item;
    abort();
  }
  return found!;
}

/** Reads on to the first chunk of which `isText` holds, and cancels. */
export async function cancelAt<T>(stream: ReadableStream<T>, isText: (chunk: T) => unknown): Promise<T> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error('There was no text in it.');
    if (!isText(value)) continue;
    await reader.cancel();
    return value;
  }
}
