import type { Side, Use } from './sdk.js';

/** Helpers for applications that do not read a response to the end. They work with every SDK. */

/** Aborts the application's signal when the provider has received the request. */
export function abortOnceReceived(ask: (side: Side, signal: AbortSignal) => PromiseLike<unknown>): Use {
  return async (side) => {
    const controller = new AbortController();
    const answer = ask(side, controller.signal);
    void side.received.then(() => controller.abort());
    return await answer;
  };
}

/** Starts a request without awaiting it. */
export function forgotten(ask: Use): Use {
  return (side) => {
    void (ask(side) as Promise<unknown>).catch(() => {});
  };
}

/** Returns a fallback if the request fails. */
export function withFallback(ask: Use): Use {
  return async (side) => {
    try {
      return await ask(side);
    } catch {
      return 'a fallback';
    }
  };
}

/** Reads to the first item that satisfies `isText` and leaves the loop. */
export async function breakAt<T>(stream: AsyncIterable<T>, isText: (item: T) => unknown): Promise<T> {
  for await (const item of stream) if (isText(item)) return item;
  throw new Error('There was no text in it.');
}

/** Reads to the end and calls `abort` at the first item that satisfies `isText`. */
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

/** Reads to the first chunk that satisfies `isText` and cancels. */
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
