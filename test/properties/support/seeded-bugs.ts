import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as fetchTap from '../../../src/llm-telemetry/wire/transports/fetch-tap.js';
import type * as guard from '../../../src/llm-telemetry/wire/guard.js';
import type { Tap } from './trial.js';

/** A mistake that a tap could have: one place of its source, put wrong. */
export interface SeededBug {
  readonly name: string;
  /** The file of the wire that it is in. */
  readonly file: string;
  /** The only place in that file with this text is replaced. */
  readonly right: string;
  readonly wrong: string;
  /** What the properties have to say about it. */
  readonly caughtBy: RegExp;
}

export const SEEDED_BUGS: readonly SeededBug[] = [
  {
    name: 'a chunk is held back until the next one has come',
    file: 'streams/observed-stream.ts',
    right: 'const result = base.read.apply(this, args);',
    wrong: `const held = this.held ?? base.read.apply(this, args);
      this.held = base.read.apply(this, args);
      const result = this.held.then(() => held, () => held);`,
    caughtBy: /application sees other .*(pulls|chunks)/,
  },
  {
    name: 'the body is cloned, and the clone is read',
    file: 'transports/observed-response.ts',
    right: 'observe(response, new BodyReading(exchange).branch());',
    wrong: `response.clone().text().catch(() => {});
      observe(response, new BodyReading(exchange).branch());`,
    caughtBy: /application sees other .*(pulls|provider)/,
  },
  {
    name: 'a loop that is left leaves the connection open',
    file: 'streams/observed-stream.ts',
    right: 'return inner.return(value);',
    wrong: 'return preventCancel ? inner.return(value) : Promise.resolve({ done: true, value });',
    caughtBy: /application sees other .*provider/,
  },
  {
    name: 'an error of the body is swallowed',
    file: 'streams/observed-stream.ts',
    right: 'this.answered();\n    throw error;',
    wrong: 'this.answered();\n    return { done: true, value: undefined };',
    caughtBy: /application sees other .*result/,
  },
  {
    name: 'each chunk is decoded by itself',
    file: 'streams/body-reading.ts',
    right: 'this.sse.push(chunk);',
    wrong: `this.sse.push(Buffer.from(Buffer.from(chunk).toString('utf8')));`,
    caughtBy: /the bytes of text/,
  },
  {
    name: 'half of a CRLF is taken for the end of a line',
    file: 'streams/sse.ts',
    right: 'window.lastIndexOf(CR, window[last] === CR ? last - 1 : last)',
    wrong: 'window.lastIndexOf(CR, last)',
    caughtBy:
      /the number of pieces|the bytes of text|(finish reason|the id|the model|complete) is .* instead of/,
  },
  {
    name: 'the chunks are kept, not copies of them',
    file: 'streams/body-reading.ts',
    right: 'this.json.set(chunk, from);',
    wrong: `if (from > 0) this.json.set(chunk, from);
    else this.json = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);`,
    caughtBy: /has thrown: .* detached|is null instead of/,
  },
  {
    name: 'any chunk passes for the first token',
    file: 'streams/body-reading.ts',
    right: 'exchange.firstChunkAt ??= exchange.lastActivityAt;',
    wrong: `exchange.firstChunkAt ??= exchange.lastActivityAt;
    exchange.firstTokenAt ??= exchange.lastActivityAt;`,
    caughtBy: /first token/,
  },
  {
    name: 'an abort passes for a cut',
    file: 'exchanges/exchange.ts',
    right: `(this.isAborted || this.wasAbortedByCollectedSignal()) ? 'aborted' : ending`,
    wrong: `(this.isAborted || this.wasAbortedByCollectedSignal()) ? ending : ending`,
    caughtBy: /the ending is "cut" instead of "aborted"/,
  },
  {
    name: 'an end is told twice',
    file: 'streams/body-reading.ts',
    right: 'exchange.end(ending, error);',
    wrong: 'exchange.end(ending, error);\n    exchange.listener.ended(exchange);',
    caughtBy: /the number of ends is 2 instead of 1/,
  },
];

const LIBRARY = join(import.meta.dirname, '../../../src/llm-telemetry');

/** Hands `use` the tap with a bug in it: the real one, copied and put wrong. */
export async function withBug<T>(bug: SeededBug, use: (tap: Tap) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'seeded-bug-'));
  try {
    for (const folder of ['wire', 'text'])
      await cp(join(LIBRARY, folder), join(directory, folder), { recursive: true });
    const path = join(directory, 'wire', bug.file);
    await writeFile(path, putWrong(await readFile(path, 'utf8'), bug));
    const { tapFetch } = (await import(join(directory, 'wire/transports/fetch-tap.ts'))) as typeof fetchTap;
    const { onFault } = (await import(join(directory, 'wire/guard.ts'))) as typeof guard;
    return await use({ tapFetch, onFault });
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** @throws Error where the source has changed so that the bug has no place in it any more. */
function putWrong(source: string, { name, file, right, wrong }: SeededBug): string {
  const parts = source.split(right);
  if (parts.length !== 2)
    throw new Error(`“${name}” has ${parts.length - 1} places in wire/${file}; seed it anew.`);
  return parts.join(wrong);
}
