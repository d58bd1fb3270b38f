import { Readable, Writable } from 'node:stream';
import { arrayBuffer, blob, buffer, json, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { ReadableStream as NodeReadableStream } from 'node:stream/web';

/** Reads a whole body in one way and resolves with its text. */
export type BodyReader = (response: Response) => Promise<string>;

const bodyOf = (response: Response): ReadableStream<Uint8Array<ArrayBuffer>> => response.body!;
const decode = (...parts: Uint8Array[]): string => Buffer.concat(parts).toString();

async function drain(
  read: () => Promise<{ done: boolean; value?: Uint8Array | undefined }>,
): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (let result = await read(); !result.done; result = await read()) parts.push(result.value!);
  return parts;
}

async function readReader(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  return decode(...(await drain(() => reader.read())));
}

async function readLoop(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of stream) parts.push(chunk);
  return decode(...parts);
}

async function same(...texts: Array<Promise<string>>): Promise<string> {
  const [first, ...others] = await Promise.all(texts);
  for (const other of others) if (other !== first) throw new Error('Two branches of one body differ.');
  return first!;
}

/** Destination that keeps the written chunks. */
function sink(): { writable: WritableStream<Uint8Array>; text: () => string } {
  const parts: Uint8Array[] = [];
  return {
    writable: new WritableStream({ write: (chunk) => void parts.push(chunk) }),
    text: () => decode(...parts),
  };
}

/** Ways to read that require a JSON body. */
export const JSON_READERS: Readonly<Record<string, BodyReader>> = {
  'json()': async (response) => JSON.stringify(await response.json()),
  'json() of an original and of its clone': async (response) => {
    const copy = response.clone();
    return same(response.json().then(JSON.stringify), copy.json().then(JSON.stringify));
  },
  'json() of a response made of the body': async (response) =>
    JSON.stringify(await new Response(response.body).json()),
  'a chunk of an original, then json() of its clone': async (response) => {
    const copy = response.clone();
    await bodyOf(response).getReader().read();
    return JSON.stringify(await copy.json());
  },
  'json of node:stream/consumers': async (response) => JSON.stringify(await json(bodyOf(response) as never)),
};

/** All ways to read a body. */
export const BODY_READERS: Readonly<Record<string, BodyReader>> = {
  'text()': (response) => response.text(),
  'arrayBuffer()': async (response) => decode(new Uint8Array(await response.arrayBuffer())),
  'bytes()': async (response) => decode(await response.bytes()),
  'blob()': async (response) => {
    const body = await response.blob();
    return `${await body.text()}${body.type === response.headers.get('content-type') ? '' : body.type}`;
  },
  'a reader': (response) => readReader(bodyOf(response)),
  'a reader, and another one after it': async (response) => {
    const first = bodyOf(response).getReader();
    const { value } = await first.read();
    first.releaseLock();
    return decode(value!) + (await readReader(bodyOf(response)));
  },
  'a reader that had been released while it read': async (response) => {
    const first = bodyOf(response).getReader();
    const reads = [first.read(), first.read()];
    const outcomes = Promise.allSettled(reads);
    await reads[0];
    first.releaseLock();
    const values = (await outcomes).flatMap((outcome) =>
      outcome.status === 'fulfilled' && outcome.value.value ? [outcome.value.value] : [],
    );
    return decode(...values) + (await readReader(bodyOf(response)));
  },
  'reads that do not wait for one another': async (response) => {
    const reader = bodyOf(response).getReader();
    const parts: Uint8Array[] = [];
    for (let ended = false; !ended;) {
      for (const { done, value } of await Promise.all([reader.read(), reader.read(), reader.read()])) {
        if (value) parts.push(value);
        ended ||= done;
      }
    }
    return decode(...parts);
  },
  'a BYOB reader': async (response) => {
    const reader = bodyOf(response).getReader({ mode: 'byob' });
    return decode(...(await drain(() => reader.read(new Uint8Array(100)))));
  },
  'a BYOB reader of views that are no bytes': async (response) => {
    const reader = bodyOf(response).getReader({ mode: 'byob' });
    const parts = await drain(async () => {
      const { done, value } = await reader.read(new DataView(new ArrayBuffer(64)));
      return { done, value: value && new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
    });
    return decode(...parts);
  },
  'for await': (response) => readLoop(bodyOf(response)),
  'values()': (response) => readLoop(bodyOf(response).values()),
  'values({ preventCancel }), left and taken up again': async (response) => {
    let first = '';
    for await (const chunk of bodyOf(response).values({ preventCancel: true })) {
      first = decode(chunk);
      break;
    }
    return first + (await readReader(bodyOf(response)));
  },
  'both branches of tee()': async (response) => {
    const [one, other] = bodyOf(response).tee();
    return same(readReader(one), readLoop(other));
  },
  'one branch of tee()': async (response) => readLoop(bodyOf(response).tee()[1]),
  'a branch of tee(), the other one cancelled': async (response) => {
    const [one, other] = bodyOf(response).tee();
    void one.cancel('not wanted');
    return readReader(other);
  },
  'a branch of tee(), the other one left after a chunk': async (response) => {
    const [one, other] = bodyOf(response).tee();
    const reader = one.getReader();
    await reader.read();
    // Settles when both branches have been cancelled, which never happens here. Rejects if the body has failed by now.
    reader.cancel('enough').catch(() => undefined);
    return readReader(other);
  },
  'both branches of tee(), one ahead of the other': async (response) => {
    const [one, other] = bodyOf(response).tee();
    const [ahead, behind] = [one.getReader(), other.getReader()];
    const first = [await ahead.read(), await ahead.read(), await ahead.read()];
    await behind.read();
    await behind.read();
    const rest = await drain(() => ahead.read());
    await drain(() => behind.read());
    return decode(...first.flatMap(({ value }) => value ?? []), ...rest);
  },
  'the branches of a branch of tee()': async (response) => {
    const [one, other] = bodyOf(response).tee();
    return same(readReader(one), ...other.tee().map(readLoop));
  },
  'an original and its clone': async (response) => {
    const copy = response.clone();
    return same(response.text(), copy.text());
  },
  'an original, then its clone': async (response) => {
    const copy = response.clone();
    const first = await response.text();
    return same(Promise.resolve(first), copy.text());
  },
  'an original by its stream and its clone as a whole': async (response) => {
    const copy = response.clone();
    return same(readLoop(bodyOf(response)), copy.text());
  },
  'a chunk of an original, then its clone as a whole': async (response) => {
    const copy = response.clone();
    const reader = bodyOf(response).getReader();
    await reader.read();
    return copy.text();
  },
  'a clone alone': (response) => response.clone().text(),
  'a clone alone, by its stream': (response) => readLoop(bodyOf(response.clone())),
  'an original that was cloned': (response) => {
    response.clone();
    return response.text();
  },
  'a clone of a clone': async (response) => readReader(bodyOf(response.clone().clone())),
  'pipeTo()': async (response) => {
    const { writable, text: written } = sink();
    await bodyOf(response).pipeTo(writable);
    return written();
  },
  'pipeThrough(TextDecoderStream)': async (response) => {
    let read = '';
    for await (const part of bodyOf(response).pipeThrough(new TextDecoderStream())) read += part;
    return read;
  },
  'two pipes, one through the other': async (response) => {
    const { writable, text: written } = sink();
    await bodyOf(response).pipeThrough(new TransformStream()).pipeTo(writable);
    return written();
  },
  'Readable.fromWeb()': (response) => readLoop(Readable.fromWeb(bodyOf(response) as never)),
  'Readable.fromWeb(), by its events': (response) =>
    new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      Readable.fromWeb(bodyOf(response) as never)
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () => resolve(decode(...parts)))
        .on('error', reject);
    }),
  'pipeline() of node:stream': async (response) => {
    const parts: Buffer[] = [];
    const destination = new Writable({
      write: (part: Buffer, _encoding, done) => {
        parts.push(part);
        done();
      },
    });
    await pipeline(bodyOf(response), destination);
    return decode(...parts);
  },
  'text of node:stream/consumers': (response) => text(bodyOf(response) as never),
  'buffer of node:stream/consumers': async (response) => decode(await buffer(bodyOf(response) as never)),
  'arrayBuffer of node:stream/consumers': async (response) =>
    decode(new Uint8Array(await arrayBuffer(bodyOf(response) as never))),
  'blob of node:stream/consumers': async (response) => (await blob(bodyOf(response) as never)).text(),
  'a response made of the body': (response) => new Response(response.body).text(),
  'a request made of the body': (response) =>
    new Request('http://127.0.0.1/', {
      method: 'POST',
      body: response.body,
      duplex: 'half',
    } as RequestInit).text(),
  'ReadableStream.from()': (response) => readLoop(NodeReadableStream.from(bodyOf(response))),
};
