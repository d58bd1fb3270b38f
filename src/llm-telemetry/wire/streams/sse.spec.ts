import fc from 'fast-check';
import { SseReader } from './sse.js';

/** Buffer size. The middle of longer lines is dropped. */
const BUFFER = 4 * 1024 * 1024;
/** Bytes that are kept of a longer line. */
const KEPT = 128 * 1024;

interface WrittenLine {
  readonly text: string;
  readonly end: '\n' | '\r\n' | '\r';
}

interface WrittenStream {
  readonly text: string;
  /** The expected data of each event. */
  readonly data: readonly string[];
}

const lineEnd = fc.constantFrom<WrittenLine['end']>('\n', '\r\n', '\r');
/** Text without a line end and with up to four bytes per character. U+2028 and U+0085 are not line ends in SSE. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('“', '日本', '👩‍👩‍👧', '\u2028', '\u0085', ':', ' '),
    ),
  )
  .map((parts) => parts.join('').replaceAll(/[\r\n]/g, ''));
const dataLine = fc
  .tuple(text, fc.boolean())
  // Without the optional space, the parser would drop a leading space of the data.
  .map(([value, spaced]) => ({ value, line: `data:${spaced || value.startsWith(' ') ? ' ' : ''}${value}` }));
const otherLine = fc.oneof(
  text.map((value) => `:${value}`),
  text.map((value) => `event: ${value}`),
  text.map((value) => `id:${value}`),
  fc.constantFrom('retry: 10', 'data', 'database: no', ': data: no', ' data: no'),
);

/** One event: data lines with other lines before and between them, and the blank line. */
const event = fc
  .array(
    fc.tuple(
      fc.array(
        otherLine.filter((line) => line !== 'data'),
        { maxLength: 2 },
      ),
      dataLine,
    ),
    {
      maxLength: 3,
    },
  )
  .map((parts) => ({
    lines: [...parts.flatMap(([others, { line }]) => [...others, line]), ''],
    data: parts.length === 0 ? null : parts.map(([, { value }]) => value).join('\n'),
  }));

const stream: fc.Arbitrary<WrittenStream> = fc
  .tuple(fc.array(event, { maxLength: 8 }), fc.array(lineEnd, { minLength: 1, maxLength: 12 }))
  .map(([events, ends]) => ({
    text: write(
      events.flatMap(({ lines }) => lines).map((line, at) => ({ text: line, end: ends[at % ends.length]! })),
    ),
    // The standard does not dispatch an event without data.
    data: events.flatMap(({ data }) => (data === null || data === '' ? [] : [data])),
  }));

function write(lines: readonly WrittenLine[]): string {
  let written = '';
  for (const { text: line, end } of lines) {
    // A CR before an LF is one line end, not two.
    const merges = line === '' && end === '\n' && written.endsWith('\r');
    written += line + (merges ? '\r\n' : end);
  }
  return written;
}

/** Feeds `bytes` in chunks of `sizes` (cyclic) and calls `read` according to `reads`. */
function readInChunks(bytes: Uint8Array, sizes: readonly number[], reads: readonly boolean[]): string[] {
  const data: string[] = [];
  const reader = new SseReader((one) => data.push(one));
  let turn = 0;
  for (let at = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    // The application may overwrite its chunk after the push.
    const chunk = Uint8Array.from(bytes.subarray(at, at + size));
    reader.push(chunk);
    chunk.fill(0x58);
    if (reads[turn % reads.length]) reader.read();
    at += size;
  }
  reader.end();
  return data;
}

describe('SseReader', () => {
  it('parses events regardless of formatting, chunk boundaries and reads', () => {
    const sizes = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })), { minLength: 1 });
    const reads = fc.array(fc.boolean(), { minLength: 1 });
    fc.assert(
      fc.property(stream, sizes, reads, (written, size, read) => {
        expect(readInChunks(Buffer.from(written.text), size, read)).toEqual(written.data);
      }),
      { numRuns: 500 },
    );
  });

  it('parses the same events when the buffer grows and overflows', () => {
    const long = Array.from({ length: 24_000 }, (_, at) => `{"n":${at},"text":"${'“é”'.repeat(at % 97)}"}`);
    const bytes = Buffer.from(long.map((data) => `data: ${data}\n\n`).join(''));
    expect(bytes.length).toBeGreaterThan(2 * BUFFER);
    for (const size of [977, 16 * 1024, 100_003, bytes.length]) {
      expect(readInChunks(bytes, [size], [false])).toEqual(long);
    }
  });

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('parses one large chunk of short events that end in %s', (_, end) => {
    const bytes = Buffer.from(`data: x${end}${end}`.repeat(50_000));
    expect(readInChunks(bytes, [bytes.length], [false])).toHaveLength(50_000);
  });

  it('parses an event as soon as its blank line arrives', () => {
    const data: string[] = [];
    const reader = new SseReader((one) => data.push(one));
    reader.push(Buffer.from('data: 1\n'));
    reader.read();
    expect(data).toEqual([]);
    reader.push(Buffer.from('\ndata: 2'));
    reader.read();
    expect(data).toEqual(['1']);
  });

  it('tells events that are named error from others', () => {
    const types: Array<string | null> = [];
    const reader = new SseReader((_, type) => types.push(type));
    reader.push(Buffer.from('event: error\ndata: 1\n\nevent: errors\ndata: 2\n\ndata: 3\nevent:error\n\n'));
    reader.end();
    expect(types).toEqual(['error', null, 'error']);
  });

  it('parses an unterminated last event', () => {
    expect(readInChunks(Buffer.from('data: 1\n\ndata: [DONE]'), [5], [true])).toEqual(['1', '[DONE]']);
    expect(readInChunks(Buffer.from('data: 1\r\rdata: 2\r'), [5], [true])).toEqual(['1', '2']);
  });

  it('parses the first event after a byte order mark in any chunks', () => {
    const bytes = Buffer.from('\uFEFFdata: 1\n\ndata: \uFEFF2\n\n\uFEFFdata: 3\n\n');
    for (const size of [1, 2, 3, 5, bytes.length])
      expect(readInChunks(bytes, [size], [true])).toEqual(['1', '\uFEFF2']);
  });

  it('returns no events for empty input, comments and garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 9 }), (bytes, size) => {
        fc.pre(!Buffer.from(bytes).includes('data:'));
        expect(readInChunks(bytes, [size], [true, false])).toEqual([]);
      }),
    );
    expect(readInChunks(new Uint8Array(), [1], [true])).toEqual([]);
  });

  describe('a line that is longer than the buffer', () => {
    const cases = fc.record({
      end: lineEnd,
      more: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 2 * BUFFER })),
      character: fc.constantFrom('x', 'é', '日', '👍'),
      size: fc.oneof(
        fc.integer({ min: 5000, max: 200_000 }),
        fc.constantFrom(BUFFER - 1, BUFFER, 4 * BUFFER),
      ),
      read: fc.boolean(),
    });

    it('loses only a part of its middle and counts the dropped bytes', () => {
      fc.assert(
        fc.property(cases, ({ end, more, character, size, read }) => {
          const picture = character.repeat(Math.ceil((BUFFER + more) / Buffer.byteLength(character)));
          const line = JSON.stringify({ type: 'completed', picture, usage: 7 });
          const data: string[] = [];
          const reader = new SseReader((one) => data.push(one));
          const bytes = Buffer.from(`data: 1${end}${end}data: ${line}${end}${end}data: 3${end}${end}`);
          for (let at = 0; at < bytes.length; at += size) {
            reader.push(bytes.subarray(at, at + size));
            if (read) reader.read();
          }
          reader.end();
          expect(data).toHaveLength(3);
          expect([data[0], data[2]]).toEqual(['1', '3']);
          expect(JSON.parse(data[1]!)).toMatchObject({ type: 'completed', usage: 7 });
          expect(reader.droppedBytes).toBeGreaterThan(0);
          // A cut can split two characters. Each of their remaining bytes is decoded to at most three bytes.
          const cuts = Math.ceil(line.length / (BUFFER / 2));
          const inaccuracy = Buffer.byteLength(data[1]!) + reader.droppedBytes - Buffer.byteLength(line);
          expect(inaccuracy).toBeGreaterThanOrEqual(0);
          expect(inaccuracy).toBeLessThanOrEqual(12 * cuts);
        }),
        { numRuns: 12 },
      );
    });

    it('is kept completely up to the buffer size', () => {
      const value = 'x'.repeat(BUFFER - 'data: \n'.length);
      const data: string[] = [];
      const reader = new SseReader((one) => data.push(one));
      reader.push(Buffer.from(`: first\n\ndata: ${value}\n\n`));
      reader.end();
      expect(data).toEqual([value]);
      expect(reader.droppedBytes).toBe(0);
    });

    it('ends with a CR that is the last byte of the buffer', () => {
      const data: string[] = [];
      const reader = new SseReader((one) => data.push(one));
      reader.push(Buffer.from(`:${'x'.repeat(BUFFER - 2)}\r`));
      reader.push(Buffer.from('data: 2\r\r'));
      reader.end();
      expect(data).toEqual(['2']);
      expect(reader.droppedBytes).toBe(BUFFER - KEPT);
    });

    it('is parsed up to its end if the stream ends before the line does', () => {
      const data: string[] = [];
      const reader = new SseReader((one) => data.push(one));
      reader.push(Buffer.from(`data: 1\n\ndata: ${'x'.repeat(BUFFER + 100)}`));
      reader.end();
      expect(data).toEqual(['1', 'x'.repeat(BUFFER + 100 - reader.droppedBytes)]);
    });
  });
});
