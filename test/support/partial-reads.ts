import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { failureOf } from './accounts.js';

/** Ways to leave a body after a part of it was read. */
export const PARTIAL_READS: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  'break in a loop': async ({ body }) => {
    for await (const chunk of body!) if (chunk.length > 0) break;
  },
  'an error thrown in a loop': ({ body }) =>
    failureOf(async () => {
      for await (const chunk of body!) if (chunk.length > 0) throw new Error('had enough');
    }),
  'return() of an iterator': async ({ body }) => {
    const iterator = body!.values();
    await iterator.next();
    const returned = await iterator.return!('enough' as never);
    return [returned, await iterator.next()];
  },
  'cancel() of a reader': async ({ body }) => {
    const reader = body!.getReader();
    await reader.read();
    await reader.cancel('enough');
    return [await reader.read(), await reader.closed];
  },
  'cancel() of a BYOB reader': async ({ body }) => {
    const reader = body!.getReader({ mode: 'byob' });
    await reader.read(new Uint8Array(4096));
    return reader.cancel();
  },
  'cancel() of the body, its reader released': async ({ body }) => {
    const reader = body!.getReader();
    await reader.read();
    reader.releaseLock();
    return body!.cancel('enough');
  },
  'cancel() of both branches of tee()': async ({ body }) => {
    const [one, other] = body!.tee();
    const reader = one.getReader();
    await reader.read();
    await Promise.all([reader.cancel('one'), other.cancel('other')]);
  },
  'cancel() of an original and of its clone': async (response) => {
    const copy = response.clone();
    const reader = response.body!.getReader();
    await reader.read();
    await Promise.all([reader.cancel(), copy.body!.cancel()]);
  },
  'a destination that fails': ({ body }) => {
    const write = (): never => {
      throw new Error('disk full');
    };
    return failureOf(() => body!.pipeTo(new WritableStream({ write })));
  },
  'a pipe that is aborted': ({ body }) => {
    const controller = new AbortController();
    const write = (): void => controller.abort(new Error('pipe aborted'));
    return failureOf(() => body!.pipeTo(new WritableStream({ write }), { signal: controller.signal }));
  },
  'cancel() behind a pipe': async ({ body }) => {
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    await reader.cancel('enough');
    // The pipe releases the body later.
    await setImmediate();
  },
  'destroy() of a Node stream': async ({ body }) => {
    const readable = Readable.fromWeb(body as never);
    await once(readable, 'readable');
    readable.read();
    readable.destroy();
    await once(readable, 'close');
  },
};
