import fc from 'fast-check';
import { ChunkFilter } from './chunk-filter.js';
import { UsageFilter } from './usage-filter.js';

const CHUNK = {
  id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
  object: 'chat.completion.chunk',
  created: 1_741_569_952,
  model: 'gpt-4o-mini-2024-07-18',
};
const USAGE = { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 };
const choices = (content: string): object[] => [{ index: 0, delta: { content }, finish_reason: null }];

/** An event with `include_usage`, and the same event without it; `null` if the event does not exist without it. */
interface Event {
  readonly received: string;
  readonly filtered: string | null;
}

const same = (data: string): Event => ({ received: data, filtered: data });
const data = (value: object): string => `data: ${JSON.stringify(value)}`;

const event = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((text): Event => {
    const chunk = { ...CHUNK, choices: choices(text) };
    return { received: data({ ...chunk, usage: null }), filtered: data(chunk) };
  }),
  // The member in first and middle position, and with spaces
  fc.constant({
    received: data({ usage: null, ...CHUNK, choices: [] }),
    filtered: data({ ...CHUNK, choices: [] }),
  }),
  fc.constant({
    received: data({ ...CHUNK, usage: null, obfuscation: 'x7' }),
    filtered: data({ ...CHUNK, obfuscation: 'x7' }),
  }),
  fc.constant({ received: 'data: {"choices": [], "usage" : null}', filtered: 'data: {"choices": []}' }),
  fc.constant({ received: data({ ...CHUNK, choices: [], usage: USAGE }), filtered: null }),
  fc.constant({ received: `event: x\n${data({ choices: [], usage: USAGE })}`, filtered: null }),
  fc.constantFrom(
    // Servers that send usage together with choices or other members
    same(data({ ...CHUNK, choices: choices('x'), usage: USAGE })),
    same(data({ ...CHUNK, usage: USAGE })),
    same(data({ ...CHUNK, choices: [], x_groq: { usage: USAGE } })),
    // Two matches: it is unknown which one belongs to the chunk.
    same(data({ ...CHUNK, x: { usage: null }, usage: null })),
    same(data({ ...CHUNK, choices: choices('"usage":null') })),
    same(data({ ...CHUNK, choices: choices('data: {"choices":[],"usage":{}}') })),
    same(data({ choices: [], error: { message: 'usage' } })),
    same('data: {"usage":'),
    same('data: [DONE]'),
    same('data: "usage"'),
    same(': OPENROUTER PROCESSING "usage"'),
    same('retry: 10\nid: 7'),
    same(''),
  ),
);

const stream = fc.record({
  events: fc.array(event, { maxLength: 12 }),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  rest: fc.constantFrom('', 'data: {"choices":[],"us', 'data: {"choices":[],"usage":{}}'),
  cuts: fc.array(fc.nat({ max: 4000 }), { maxLength: 30 }),
});

function written(event: string, lineEnd: string): string {
  return event.replaceAll('\n', lineEnd) + lineEnd + lineEnd;
}

function piecesOf(text: string, cuts: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const at = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const joined = (chunks: unknown[]): Buffer => Buffer.concat(chunks as Uint8Array[]);

describe('a stream with include_usage added', () => {
  it('equals the stream without it for any chunk boundaries', () => {
    fc.assert(
      fc.property(stream, ({ events, lineEnd, rest, cuts }) => {
        const received = events.map(({ received }) => written(received, lineEnd)).join('') + rest;
        const filtered =
          events.map(({ filtered }) => (filtered === null ? '' : written(filtered, lineEnd))).join('') + rest;
        const filter = new ChunkFilter();
        const out = piecesOf(received, cuts).flatMap((piece) => filter.push(piece));
        expect(joined([...out, ...filter.end()]).toString()).toBe(filtered);
      }),
      { numRuns: 3000 },
    );
  });

  it('remains text if its chunks are text', () => {
    fc.assert(
      fc.property(stream, ({ events, lineEnd, rest, cuts }) => {
        const received = events.map(({ received }) => written(received, lineEnd)).join('') + rest;
        const filtered =
          events.map(({ filtered }) => (filtered === null ? '' : written(filtered, lineEnd))).join('') + rest;
        const filter = new ChunkFilter();
        const at = [
          0,
          ...cuts.filter((cut) => cut < received.length).toSorted((a, b) => a - b),
          received.length,
        ];
        const out = at.slice(1).flatMap((end, index) => filter.push(received.slice(at[index], end)));
        const all = [...out, ...filter.end()];
        expect(all.every((chunk) => typeof chunk === 'string' && chunk !== '')).toBe(true);
        expect(all.join('')).toBe(filtered);
      }),
      { numRuns: 1000 },
    );
  });

  it('passes chunks that are neither bytes nor text in order', () => {
    const filter = new ChunkFilter();
    const object = { choices: [] };
    expect(filter.push('data: 1')).toEqual([]);
    expect(filter.push(object)).toEqual(['data: 1', object]);
    expect(filter.push(object)[0]).toBe(object);
    expect(filter.push(Buffer.from('data: 2'))).toEqual([]);
    expect(filter.push('data: 3').map(String)).toEqual([String(new TextEncoder().encode('data: 2'))]);
    expect(filter.end()).toEqual(['data: 3']);
  });

  it('passes each event as soon as it is complete', () => {
    fc.assert(
      fc.property(stream, ({ events, lineEnd, cuts }) => {
        const received = events.map(({ received }) => written(received, lineEnd));
        const filter = new ChunkFilter();
        let taken = 0;
        let given = '';
        for (const piece of piecesOf(received.join(''), cuts)) {
          taken += piece.length;
          given += joined(filter.push(piece)).toString('latin1');
          let length = 0;
          let expected = '';
          for (const [index, { filtered }] of events.entries()) {
            length += Buffer.byteLength(received[index]!);
            if (length > taken) break;
            if (filtered !== null) expected += Buffer.from(written(filtered, lineEnd)).toString('latin1');
          }
          expect(given.startsWith(expected)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('does not retain the input bytes', () => {
    const filter = new ChunkFilter();
    const piece = Buffer.from('data: 1\n\ndata: 2');
    filter.push(piece);
    piece.fill(0);
    expect(joined(filter.push(Buffer.from('\n\n'))).toString()).toBe('data: 2\n\n');
  });

  it('passes through unfiltered after an event that is too large', () => {
    const filter = new UsageFilter();
    const large = `data: ${'x'.repeat(1024 * 1024)}`;
    expect(filter.push(large) === large).toBe(true);
    const next = written(data({ choices: [], usage: USAGE }), '\n');
    expect(filter.push(next)).toBe(next);
    expect(filter.end()).toBe('');
  });

  it('keeps bytes that are not valid UTF-8', () => {
    const broken = Buffer.from('data: {"a":"\xff\xfe","usage":null}\n\n', 'latin1');
    expect(joined(new ChunkFilter().push(broken)).toString('latin1')).toBe('data: {"a":"\xff\xfe"}\n\n');
  });
});
