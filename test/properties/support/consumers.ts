import { setImmediate } from 'node:timers/promises';
import { JSON_READINGS, READINGS, type Reading } from '../../support/readings.js';

/** What an application notes down while it reads. */
export class Notes {
  readonly chunks: string[] = [];
  /** How many bytes it has read, by the way into the body that has read most. */
  read = 0;
  /** When it had read how much (`performance.now()`). */
  readonly progress: Array<{ readonly read: number; readonly at: number }> = [];
  /** It stopped reading before the end. */
  left = false;
  /** How much it had read when it was given up; `null`: it was not. */
  readWhenGivenUp: number | null = null;

  /** `giveUp`: ends the exchange of an application that has not read on for too long. */
  constructor(private readonly giveUp: () => void) {}

  chunk(chunk: Uint8Array, from = this.read): void {
    this.chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1'));
    const read = from + chunk.byteLength;
    if (read <= this.read) return;
    this.read = read;
    this.progress.push({ read, at: performance.now() });
  }

  /** It pauses for so long that the call ends without it. */
  pause(): void {
    this.readWhenGivenUp = this.read;
    this.giveUp();
  }
}

/** A way in which an application reads an answer, or stops reading it. */
export interface Consumer {
  readonly name: string;
  /**
   * How much of what it reads can be known: `pieces`, byte for byte as it goes; `whole`, all or nothing; `some`: there
   * is no saying how far it got.
   */
  readonly sees: 'pieces' | 'whole' | 'some';
  /** Whether it reads to the end of the body, as far as that is up to it. */
  readonly all: boolean;
  /** Whether its chunks are those of the body. A reader with given buffers gets what is available at the time. */
  readonly chunks: boolean;
  /** Whether it notes each chunk as soon as it has come. */
  readonly prompt: boolean;
  /** `after`: how many chunks it takes where it does not take all. */
  consume(response: Response, notes: Notes, after: number): Promise<unknown>;
}

type Consume = Consumer['consume'];

class Enough extends Error {}

const bodyOf = (response: Response): ReadableStream<Uint8Array> => response.body!;

/** Reads up to `most` chunks. Returns whether that was the end. */
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

/** Reads one of several ways into a body. */
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
  'a reader who writes over what it got': async (response, notes) => {
    const reader = bodyOf(response).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      notes.chunk(value);
      value.fill(0x58);
    }
  },
  'readers who take turns': async (response, notes) => {
    for (let ended = false; !ended;) {
      const reader = bodyOf(response).getReader();
      ended = await readOn(reader, notes, 2);
      reader.releaseLock();
    }
  },
  'a reader who tries in vain to cancel what it holds': async (response, notes) => {
    const reader = bodyOf(response).getReader();
    const failure = await bodyOf(response).cancel().catch(String);
    await readOn(reader, notes);
    return failure;
  },
  'for await': async (response, notes) => {
    for await (const chunk of bodyOf(response)) notes.chunk(chunk);
  },
  'a loop that is left and taken up again': async (response, notes, after) => {
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
  'a branch of tee(), the other one cancelled after some': async (response, notes, after) => {
    const [one, other] = bodyOf(response).tee();
    const reader = await readBranch(one, notes, 0, after);
    // It settles when both have been cancelled, or the body has ended.
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
  'a reader who cancels': async (response, notes, after) => {
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
  'both branches of tee(), cancelled after some': async (response, notes, after) => {
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
  'a reader who pauses for a long time': async (response, notes, after) => {
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
  'no reader, which never reads': async (_response, notes) => notes.pause(),
};

const wholly: Record<string, Consume> = {
  'text(), its stream looked at before': async (response) => {
    const { locked } = bodyOf(response);
    return [locked, await response.text()];
  },
  'text(), twice': async (response) => {
    const text = await response.text();
    return [text, await response.text().catch(String)];
  },
  'text() of an original and of its clone, both at once': async (response) => {
    const copy = response.clone();
    return Promise.all([response.text(), copy.text()]);
  },
};

const somehow: Record<string, Consume> = {
  'text(), and at once again': async (response) => Promise.allSettled([response.text(), response.text()]),
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
  'a pipe whose destination breaks': (response, notes, after) => bodyOf(response).pipeTo(sink(notes, after)),
  'a pipe that is aborted': async (response, notes, after) => {
    const abort = new AbortController();
    const destination = new WritableStream<Uint8Array>({
      write: async (chunk) => {
        notes.chunk(chunk);
        if (notes.chunks.length <= after) return;
        await allElse();
        abort.abort(new Enough('enough'));
      },
    });
    return bodyOf(response).pipeTo(destination, { signal: abort.signal });
  },
  'pipes through one another': async (response, notes) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const piped = bodyOf(response).pipeThrough({ readable, writable });
    for await (const chunk of piped) notes.chunk(chunk);
  },
};

/** Waits until everything pending has happened: the order of concurrent events is not specified. */
async function allElse(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}

function sink(notes: Notes, after = Infinity): WritableStream<Uint8Array> {
  return new WritableStream({
    write: async (chunk) => {
      if (notes.chunks.length < after) return notes.chunk(chunk);
      await allElse();
      throw new Enough('full');
    },
  });
}

function named(consumers: Record<string, Consume>, rest: Omit<Consumer, 'name' | 'consume'>): Consumer[] {
  return Object.entries(consumers).map(([name, consume]) => ({ name, consume, ...rest }));
}

/** The ways in which all of a body is read that the other tests know. */
function ofReadings(readings: Readonly<Record<string, Reading>>, sees: Consumer['sees']): Consumer[] {
  return Object.entries(readings).map(([name, reading]) => ({
    name: `${name}, all of it`,
    sees,
    all: true,
    chunks: true,
    prompt: false,
    consume: (response) => reading(response),
  }));
}

/** Those that read all there is, byte for byte. */
export const READERS: readonly Consumer[] = [
  ...named(inPieces, { sees: 'pieces', all: true, chunks: true, prompt: true }),
  ...named(severalAtOnce, { sees: 'pieces', all: true, chunks: true, prompt: false }),
  ...named(intoBuffers, { sees: 'pieces', all: true, chunks: false, prompt: true }),
];

/** Those that stop, or pause for too long. */
export const LEAVERS: readonly Consumer[] = [
  ...named(leaving, { sees: 'pieces', all: false, chunks: true, prompt: true }),
  ...named(pausing, { sees: 'pieces', all: false, chunks: true, prompt: true }),
];

export const WHOLE_READERS: readonly Consumer[] = [
  ...named(wholly, { sees: 'whole', all: true, chunks: true, prompt: false }),
  ...ofReadings(READINGS, 'whole'),
];

export const OTHERS: readonly Consumer[] = [
  ...named(somehow, { sees: 'some', all: true, chunks: true, prompt: false }),
  ...ofReadings(JSON_READINGS, 'some'),
];

export const CONSUMERS: readonly Consumer[] = [...READERS, ...LEAVERS, ...WHOLE_READERS, ...OTHERS];
