import { setImmediate } from 'node:timers/promises';
import { JSON_READERS, BODY_READERS, type BodyReader } from '../../support/body-readers.js';

/** Observations of an application while it reads. */
export class Notes {
  readonly chunks: string[] = [];
  /** Bytes read, by the branch of the body that has read most. */
  read = 0;
  /** Bytes read over time (`performance.now()`). */
  readonly progress: Array<{ readonly read: number; readonly at: number }> = [];
  /** The application stopped reading before the end. */
  left = false;
  /** Bytes read when the exchange was given up, or `null` if it was not. */
  readWhenGivenUp: number | null = null;

  /** @param giveUp ends the exchange, as after a long pause */
  constructor(private readonly giveUp: () => void) {}

  chunk(chunk: Uint8Array, from = this.read): void {
    this.chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1'));
    const read = from + chunk.byteLength;
    if (read <= this.read) return;
    this.read = read;
    this.progress.push({ read, at: performance.now() });
  }

  /** Simulates a pause after which the call ends without the rest of the body. */
  pause(): void {
    this.readWhenGivenUp = this.read;
    this.giveUp();
  }
}

/** Way in which an application reads a response or stops reading it. */
export interface Consumer {
  readonly name: string;
  /**
   * How exactly the number of bytes read is known: `pieces`, exactly; `whole`, all or nothing; `some`, unknown.
   */
  readonly sees: 'pieces' | 'whole' | 'some';
  /** Reads to the end of the body, unless reading fails. */
  readonly all: boolean;
  /** Receives the chunks of the body. A BYOB reader receives the available bytes instead. */
  readonly chunks: boolean;
  /** Records each chunk when it arrives. */
  readonly prompt: boolean;
  /** @param after number of chunks that the consumer reads if it does not read all */
  consume(response: Response, notes: Notes, after: number): Promise<unknown>;
}

type Consume = Consumer['consume'];

class Enough extends Error {}

const bodyOf = (response: Response): ReadableStream<Uint8Array> => response.body!;

/** Reads up to `most` chunks. Returns whether the body has ended. */
async function readOn(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  notes: Notes,
  most = Infinity,
): Promise<boolean> {
  for (let count = 0; count < most; count++) {
    const { done, value } = await reader.read();
    if (done) return true;
    notes.chunk(value);
  }
  return false;
}

/** Reads one of several branches of a body. */
async function readBranch(
  stream: ReadableStream<Uint8Array>,
  notes: Notes,
  from = 0,
  most = Infinity,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const reader = stream.getReader();
  let at = from;
  for (let count = 0; count < most; count++) {
    const { done, value } = await reader.read();
    if (done) break;
    notes.chunk(value, at);
    at += value.byteLength;
  }
  return reader;
}

const inPieces: Record<string, Consume> = {
  'a reader': async (response, notes) => {
    const reader = bodyOf(response).getReader();
    await readOn(reader, notes);
    await reader.closed;
    reader.releaseLock();
  },
  'a reader that overwrites its chunks': async (response, notes) => {
    const reader = bodyOf(response).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      notes.chunk(value);
      value.fill(0x58);
    }
  },
  'readers that take turns': async (response, notes) => {
    for (let ended = false; !ended;) {
      const reader = bodyOf(response).getReader();
      ended = await readOn(reader, notes, 2);
      reader.releaseLock();
    }
  },
  'a reader that fails to cancel the locked body': async (response, notes) => {
    const reader = bodyOf(response).getReader();
    const failure = await bodyOf(response).cancel().catch(String);
    await readOn(reader, notes);
    return failure;
  },
  'for await': async (response, notes) => {
    for await (const chunk of bodyOf(response)) notes.chunk(chunk);
  },
  'a loop that is left and resumed': async (response, notes, after) => {
    let count = 0;
    for await (const chunk of bodyOf(response).values({ preventCancel: true })) {
      notes.chunk(chunk);
      if (++count > after) break;
    }
    for await (const chunk of bodyOf(response)) notes.chunk(chunk);
  },
  'both branches of tee(), one after the other': async (response, notes) => {
    const [one, other] = bodyOf(response).tee();
    await readBranch(one, notes);
    await readBranch(other, notes);
  },
  'a branch of tee() while the other is cancelled': async (response, notes, after) => {
    const [one, other] = bodyOf(response).tee();
    const reader = await readBranch(one, notes, 0, after);
    // Settles when both branches have been cancelled or the body has ended.
    const cancelled = reader.cancel('enough').catch(String);
    await readBranch(other, notes);
    return cancelled;
  },
  'tee() of the rest of a body': async (response, notes, after) => {
    const reader = bodyOf(response).getReader();
    await readOn(reader, notes, after);
    reader.releaseLock();
    const from = notes.read;
    const [one, other] = bodyOf(response).tee();
    await readBranch(other, notes, from);
    await readBranch(one, notes, from);
  },
  'the stream of a clone, then the original’s': async (response, notes) => {
    const copy = response.clone();
    await readBranch(bodyOf(copy), notes);
    await readBranch(bodyOf(response), notes);
  },
};

const severalAtOnce: Record<string, Consume> = {
  'several reads at once': async (response, notes) => {
    const reader = bodyOf(response).getReader();
    for (let ended = false; !ended;) {
      const results = await Promise.allSettled([reader.read(), reader.read(), reader.read()]);
      for (const result of results) {
        if (result.status === 'rejected') throw result.reason;
        if (result.value.value) notes.chunk(result.value.value);
        ended ||= result.value.done;
      }
    }
  },
};

const intoBuffers: Record<string, Consume> = {
  'a BYOB reader': async (response, notes, after) => {
    const reader = bodyOf(response).getReader({ mode: 'byob' });
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(1 + after * 37));
      if (done) return;
      notes.chunk(value);
    }
  },
  'a BYOB reader with one buffer': async (response, notes, after) => {
    const reader = bodyOf(response).getReader({ mode: 'byob' });
    let buffer = new ArrayBuffer(16 + after * 37);
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) return;
      notes.chunk(value);
      buffer = value.buffer;
    }
  },
};

const leaving: Record<string, Consume> = {
  'a reader that cancels': async (response, notes, after) => {
    const reader = bodyOf(response).getReader();
    notes.left = !(await readOn(reader, notes, after));
    return reader.cancel('enough');
  },
  'a loop that is left': async (response, notes, after) => {
    let count = 0;
    for await (const chunk of bodyOf(response)) {
      notes.chunk(chunk);
      if (++count <= after) continue;
      notes.left = true;
      break;
    }
  },
  'a loop that throws': async (response, notes, after) => {
    let count = 0;
    for await (const chunk of bodyOf(response).values()) {
      notes.chunk(chunk);
      if (++count <= after) continue;
      notes.left = true;
      throw new Enough('enough');
    }
  },
  'cancel() before any read': async (response, notes) => {
    notes.left = true;
    return bodyOf(response).cancel('not wanted');
  },
  'both branches of tee(), cancelled': async (response, notes, after) => {
    const [one, other] = bodyOf(response).tee();
    const first = await readBranch(one, notes, 0, after);
    const second = await readBranch(other, notes, 0, after + 1);
    notes.left = notes.chunks.length === 2 * after + 1;
    return Promise.all([first.cancel('one'), second.cancel('other')]);
  },
};

const pausing: Record<string, Consume> = {
  'text() after a long pause': async (response, notes) => {
    notes.pause();
    return response.text();
  },
  'a reader after a long pause': async (response, notes) => {
    notes.pause();
    await readBranch(bodyOf(response), notes);
  },
  'a reader that pauses for a long time': async (response, notes, after) => {
    const reader = bodyOf(response).getReader();
    if (await readOn(reader, notes, after)) return;
    notes.pause();
    await readOn(reader, notes);
  },
  'a reader that releases its lock for good': async (response, notes, after) => {
    const reader = bodyOf(response).getReader();
    const ended = await readOn(reader, notes, after);
    reader.releaseLock();
    if (!ended) notes.pause();
  },
  'no reader': async (_response, notes) => notes.pause(),
};

const wholly: Record<string, Consume> = {
  'text() after access to body': async (response) => {
    const { locked } = bodyOf(response);
    return [locked, await response.text()];
  },
  'text(), twice': async (response) => {
    const text = await response.text();
    return [text, await response.text().catch(String)];
  },
  'text() of a response and its clone concurrently': async (response) => {
    const copy = response.clone();
    return Promise.all([response.text(), copy.text()]);
  },
};

const somehow: Record<string, Consume> = {
  'text() twice concurrently': async (response) => Promise.allSettled([response.text(), response.text()]),
  'json()': (response) => response.json(),
  'text() of a body that was read before': async (response, notes, after) => {
    const reader = bodyOf(response).getReader();
    notes.left = !(await readOn(reader, notes, after + 1));
    reader.releaseLock();
    const failure = await response.text().catch(String);
    await bodyOf(response).cancel();
    return failure;
  },
  'a pipe': (response, notes) => bodyOf(response).pipeTo(sink(notes)),
  'a pipe whose destination fails': (response, notes, after) => bodyOf(response).pipeTo(sink(notes, after)),
  'a pipe that is aborted': async (response, notes, after) => {
    const abort = new AbortController();
    const destination = new WritableStream<Uint8Array>({
      write: async (chunk) => {
        notes.chunk(chunk);
        if (notes.chunks.length <= after) return;
        await pendingEvents();
        abort.abort(new Enough('enough'));
      },
    });
    return bodyOf(response).pipeTo(destination, { signal: abort.signal });
  },
  'a pipe through a TransformStream': async (response, notes) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const piped = bodyOf(response).pipeThrough({ readable, writable });
    for await (const chunk of piped) notes.chunk(chunk);
  },
};

/** Waits for pending events, because the order of concurrent events is not specified. */
async function pendingEvents(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}

function sink(notes: Notes, after = Infinity): WritableStream<Uint8Array> {
  return new WritableStream({
    write: async (chunk) => {
      if (notes.chunks.length < after) return notes.chunk(chunk);
      await pendingEvents();
      throw new Enough('full');
    },
  });
}

function named(consumers: Record<string, Consume>, rest: Omit<Consumer, 'name' | 'consume'>): Consumer[] {
  return Object.entries(consumers).map(([name, consume]) => ({ name, consume, ...rest }));
}

/** Consumers for the readings of other tests, which read the whole body. */
function ofReadings(readings: Readonly<Record<string, BodyReader>>, sees: Consumer['sees']): Consumer[] {
  return Object.entries(readings).map(([name, reading]) => ({
    name: `${name}, all of it`,
    sees,
    all: true,
    chunks: true,
    prompt: false,
    consume: (response) => reading(response),
  }));
}

/** Consumers that read the whole body in chunks. */
export const READERS: readonly Consumer[] = [
  ...named(inPieces, { sees: 'pieces', all: true, chunks: true, prompt: true }),
  ...named(severalAtOnce, { sees: 'pieces', all: true, chunks: true, prompt: false }),
  ...named(intoBuffers, { sees: 'pieces', all: true, chunks: false, prompt: true }),
];

/** Consumers that stop reading or pause for too long. */
export const LEAVERS: readonly Consumer[] = [
  ...named(leaving, { sees: 'pieces', all: false, chunks: true, prompt: true }),
  ...named(pausing, { sees: 'pieces', all: false, chunks: true, prompt: true }),
];

export const WHOLE_READERS: readonly Consumer[] = [
  ...named(wholly, { sees: 'whole', all: true, chunks: true, prompt: false }),
  ...ofReadings(BODY_READERS, 'whole'),
];

export const OTHERS: readonly Consumer[] = [
  ...named(somehow, { sees: 'some', all: true, chunks: true, prompt: false }),
  ...ofReadings(JSON_READERS, 'some'),
];

export const CONSUMERS: readonly Consumer[] = [...READERS, ...LEAVERS, ...WHOLE_READERS, ...OTHERS];
