import { guard } from '../../guard.js';
import type { BodyBranch } from '../../streams/body-reading.js';
import { inheriting } from '../../streams/observed-stream.js';

/**
 * Observes how the application leaves the stream in the output of a command: by `break`, or by `return()` or `throw()` of
 * its iterator. The SDK itself ignores that and keeps the response open. Events, errors and their timing stay the same.
 */
export function observeLeaving(output: unknown, branch: BodyBranch): void {
  for (const name of STREAMS) {
    const stream: unknown = (output as Record<string, unknown> | undefined)?.[name];
    if (typeof stream === 'object' && stream !== null && Symbol.asyncIterator in stream)
      observeIterable(stream as AsyncIterable<unknown>, branch);
  }
}

/** Members with the stream of events: of ConverseStream, of InvokeModelWithResponseStream. */
const STREAMS = ['stream', 'body'] as const;

function observeIterable(stream: AsyncIterable<unknown>, branch: BodyBranch): void {
  if (!Object.isExtensible(stream)) return;
  const iterate = stream[Symbol.asyncIterator];
  const observed = {
    [Symbol.asyncIterator](this: unknown) {
      const iterator = Reflect.apply(iterate, this, []);
      guard('observing a stream', () => observeIterator(iterator, branch));
      return iterator;
    },
  };
  const own = Object.getOwnPropertyDescriptor(stream, Symbol.asyncIterator);
  if (own === undefined)
    Object.setPrototypeOf(stream, inheriting(Object.getPrototypeOf(stream) as object, observed));
  else
    Reflect.defineProperty(stream, Symbol.asyncIterator, { ...own, value: observed[Symbol.asyncIterator] });
}

function observeIterator(iterator: AsyncIterator<unknown>, branch: BodyBranch): void {
  const base = Object.getPrototypeOf(iterator) as AsyncIterator<unknown>;
  if (typeof base.return !== 'function' || !Object.isExtensible(iterator)) return;
  const left = (): void => guard('observing a stream', () => branch.leave());
  const methods = {
    return(this: AsyncIterator<unknown>, ...args: [unknown?]) {
      left();
      return base.return!.apply(this, args);
    },
    throw(this: AsyncIterator<unknown>, ...args: [unknown?]) {
      left();
      return base.throw!.apply(this, args);
    },
  };
  Object.setPrototypeOf(iterator, inheriting(base, methods));
}
