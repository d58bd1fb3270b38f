import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { AwsEventStreamReader } from './aws-event-stream.js';
import { framingOf, sniffFraming, type EventReader, type OnEvent } from './framing.js';
import { MAX_JSON_SIZE } from './growing-buffer.js';
import { JsonArrayReader } from './json-array.js';
import { NdjsonReader } from './ndjson.js';

describe('framingOf', () => {
  it.each([
    ['text/event-stream', 'sse'],
    ['Text/Event-Stream; charset=utf-8', 'sse'],
    ['application/x-ndjson', 'ndjson'],
    ['application/stream+json', 'ndjson'],
    ['application/vnd.amazon.eventstream', 'aws-event-stream'],
    ['application/json', 'json'],
    ['text/plain', 'json'],
    [null, 'json'],
  ])('maps the content type %s to %s', (contentType, framing) => {
    expect(framingOf(contentType)).toBe(framing);
  });
});

describe('sniffFraming', () => {
  it.each([
    ['data: {}\n\n', 'sse'],
    ['event: message_start\n', 'sse'],
    [': OPENROUTER PROCESSING\n\n', 'sse'],
    ['\uFEFF\r\ndata:', 'sse'],
    ['id: 1\n', 'sse'],
    ['{"a":1}\n{"a":2}\n', 'ndjson'],
    ['{"a":1}\r\n{', 'ndjson'],
    ['[{"a":1}', 'json-array'],
    ['{\n  "a": 1\n}', 'json'],
    ['{"a":{"b":1}\n,"c":2}', 'json'],
    ['<html>', 'unknown'],
    ['dat\n', 'unknown'],
    ['"text"', 'unknown'],
  ])('recognizes %j of a streamed response as %s', (text, framing) => {
    expect(sniffFraming(Buffer.from(text), true)).toBe(framing);
  });

  it.each(['', '\n\n', 'da', 'event', '{"a":', '{"a":1}', '{"a":1}\n', '{"a":1}\n  '])(
    'needs more bytes after %j',
    (text) => expect(sniffFraming(Buffer.from(text), true)).toBeNull(),
  );

  it('does not take one JSON value for a stream', () => {
    expect(sniffFraming(Buffer.from('{"a":1}\n{"a":2}'), false)).toBe('json');
    expect(sniffFraming(Buffer.from('[{"error":{}}]'), false)).toBe('json');
    expect(sniffFraming(Buffer.from(`{"a":"${'x'.repeat(70_000)}`), true)).toBe('json');
    expect(sniffFraming(Buffer.from(`{"a":1}${'\n'.repeat(70_000)}`), true)).toBe('json');
  });
});

/** JSON objects, also with braces, quotes and line ends inside strings. */
const events = fc.array(
  fc.dictionary(
    fc.string({ maxLength: 5 }),
    fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('}{"', '\\"}', ']\n[', '👍'), fc.jsonValue()),
    { maxKeys: 3 },
  ),
  { maxLength: 6 },
);

type Reader = new (onEvent: OnEvent) => EventReader;

/** Reads bytes in chunks of the given sizes, repeated. */
function readInChunks(
  reader: Reader,
  bytes: Buffer,
  sizes: readonly number[],
): Array<[unknown, string | null]> {
  const found: Array<[unknown, string | null]> = [];
  const events = new reader((data, type) => found.push([JSON.parse(data), type]));
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = at + sizes[turn % sizes.length]!;
    events.push(bytes.subarray(at, end));
    at = end;
  }
  events.end();
  return found;
}

const chunkSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

describe.each<[name: string, reader: Reader, write: (events: readonly unknown[]) => Buffer]>([
  ['NdjsonReader', NdjsonReader, (all) => Buffer.from(all.map((event) => JSON.stringify(event)).join('\n'))],
  [
    'NdjsonReader with CRLF',
    NdjsonReader,
    (all) => Buffer.from(all.map((one) => `${JSON.stringify(one)}\r\n`).join('\r\n')),
  ],
  [
    'JsonArrayReader',
    JsonArrayReader,
    (all) => Buffer.from(`[${all.map((event) => JSON.stringify(event, null, 1)).join(',\r\n')}]`),
  ],
])('%s', (_, reader, write) => {
  it('finds the same events, however the bytes are split', () => {
    fc.assert(
      fc.property(events, chunkSizes, (all, sizes) => {
        const expected = all.map((event) => [JSON.parse(JSON.stringify(event)), null]);
        expect(readInChunks(reader, write(all), sizes)).toEqual(expected);
      }),
    );
  });

  it('drops an event that is too long and reads the next one', () => {
    const all = [{ a: 'x'.repeat(MAX_JSON_SIZE) }, { b: 2 }];
    expect(readInChunks(reader, write(all), [1 << 20])).toEqual([[{ b: 2 }, null]]);
  });
});

describe('NdjsonReader', () => {
  it('notes lines that are not events', () => {
    const reader = new NdjsonReader(() => {});
    reader.push(Buffer.from('<html>\n'));
    expect([reader.hasEvents, reader.hasForeignLines]).toEqual([false, true]);
  });
});

describe('AwsEventStreamReader', () => {
  it('reads the documented example of a frame', () => {
    // Source: Amazon Bedrock API reference, “ConverseStream”, event `metadata`.
    const hex =
      '0000008b0000004e3270327d' +
      '0b3a6576656e742d747970650700086d65746164617461' +
      '0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e' +
      '0d3a6d6573736167652d747970650700056576656e74' +
      Buffer.from('{"usage":{"inputTokens":20,"outputTokens":8}}').toString('hex') +
      'a2081513';
    const bytes = Buffer.from(hex, 'hex');
    expect(readInChunks(AwsEventStreamReader, bytes, [3])).toEqual([
      [{ usage: { inputTokens: 20, outputTokens: 8 } }, 'metadata'],
    ]);
  });

  it('finds the same events, however the bytes are split', () => {
    fc.assert(
      fc.property(events, chunkSizes, (all, sizes) => {
        const bytes = Buffer.concat(
          all.map((event, index) => frame(JSON.stringify(event), { ':event-type': `e${index}` })),
        );
        const expected = all.map((event, index) => [JSON.parse(JSON.stringify(event)), `e${index}`]);
        expect(readInChunks(AwsEventStreamReader, bytes, sizes)).toEqual(expected);
      }),
    );
  });

  it('skips a frame that is too long and reads the next one', () => {
    const large = frame(`{"a":"${'x'.repeat(MAX_JSON_SIZE)}"}`, { ':event-type': 'chunk' });
    const bytes = Buffer.concat([large, frame('{"b":2}', { ':event-type': 'metadata' })]);
    expect(readInChunks(AwsEventStreamReader, bytes, [100_000])).toEqual([[{ b: 2 }, 'metadata']]);
  });

  it('names an exception', () => {
    const bytes = frame('{"message":"x"}', {
      ':message-type': 'exception',
      ':exception-type': 'throttlingException',
    });
    expect(readInChunks(AwsEventStreamReader, bytes, [7])).toEqual([
      [{ message: 'x' }, 'throttlingException'],
    ]);
  });

  it('never throws for other bytes and reads no more of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), chunkSizes, (bytes, sizes) => {
        expect(
          readInChunks(AwsEventStreamReader, Buffer.concat([Buffer.from('HTTP/1.1 200'), bytes]), sizes),
        ).toEqual([]);
      }),
    );
  });
});

/** Encodes a frame with string headers. */
function frame(payload: string, headers: Readonly<Record<string, string>>): Buffer {
  const encoded = Object.entries(headers).map(([name, value]) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(value.length);
    return Buffer.concat([
      Buffer.from([name.length]),
      Buffer.from(name),
      Buffer.from([7]),
      length,
      Buffer.from(value),
    ]);
  });
  const head = Buffer.concat(encoded);
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + head.length + Buffer.byteLength(payload), 0);
  prelude.writeUInt32BE(head.length, 4);
  const message = Buffer.concat([prelude, checksum(prelude), head, Buffer.from(payload)]);
  return Buffer.concat([message, checksum(message)]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}
