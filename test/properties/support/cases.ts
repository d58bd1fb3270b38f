import fc from 'fast-check';
import { CONSUMERS, LEAVERS, OTHERS, READERS, WHOLE_READERS, type Consumer } from './consumers.js';
import { BYTE_MUTATIONS, SCRIPT_MUTATIONS, type Mutation } from './mutation.js';
import type { Cut, Splitting } from './pieces.js';
import { NOTHING_SAID, type Draw, type Script, type ScriptedFormat } from './script.js';
import { SCRIPTED_FORMATS } from './scripts/index.js';
import { JSON_WRITERS, LINE_ENDS, type Writing } from './writing.js';

/** Test case: a response, how it is transmitted and how it is read. */
export interface Case {
  /** Name of the format. Names make counterexamples readable. */
  readonly format: string;
  readonly draw: Draw;
  readonly shape: 'stream' | 'JSON' | 'refusal';
  readonly writing: Writing;
  readonly splitting: Splitting;
  readonly transport: Transport;
  readonly consumer: string;
  /** How often the pieces of text are repeated. */
  readonly repeated: number;
  /** Number of chunks that a consumer reads if it does not read all. */
  readonly after: number;
}

export interface Transport {
  readonly bytes: boolean;
  readonly highWaterMark: number;
  readonly emptyChunk: boolean;
  readonly requestChoice: number;
}

const number = fc.nat(0xff_ffff);

/** Parts of generated texts: characters of one to four bytes, and syntax of JSON and server-sent events. */
const CHARACTERS = [
  'a',
  'word ',
  ' ',
  'é',
  '“',
  '日本',
  '👍',
  '👩‍👩‍👧',
  '"',
  '\\',
  '\\u',
  '/',
  '\n',
  '\r\n',
  '\t',
  '\u0000',
  '\u0085',
  '\u2028',
  '\uFEFF',
  '\ud800',
  '{',
  '}]',
  ':',
  'data: ',
  '[DONE]',
  '"usage":{',
  '"finish_reason":"stop"',
  '"error":',
  '"delta":"',
  '"text":"',
  'event: error',
];

const draw: fc.Arbitrary<Draw> = fc.record({
  pieces: fc.array(fc.string({ unit: fc.constantFrom(...CHARACTERS), minLength: 1, maxLength: 5 }), {
    minLength: 1,
    maxLength: 5,
  }),
  // The first one is the input, and no request has an input of 0 tokens.
  counts: fc.tuple(
    fc.integer({ min: 1, max: 9000 }),
    fc.nat(9000),
    fc.nat(9000),
    fc.nat(9000),
    fc.nat(9000),
    fc.nat(9000),
  ),
  choice: number,
  flags: number,
});

const keysOf = <T extends object>(object: T): Array<keyof T> => Object.keys(object) as Array<keyof T>;

const writing: fc.Arbitrary<Writing> = fc.record({
  json: fc.constantFrom(...keysOf(JSON_WRITERS)),
  lineEnd: fc.constantFrom(...keysOf(LINE_ENDS)),
  spaced: fc.boolean(),
  comments: fc.boolean(),
  ids: fc.boolean(),
  byteOrderMark: fc.nat(9).map((one) => one === 9),
  lastEnded: fc.nat(9).map((one) => one < 9),
});

const splitting: fc.Arbitrary<Splitting> = fc.record({
  anywhere: fc.array(number, { maxLength: 6 }),
  within: fc.array(number, { maxLength: 4 }),
  singles: fc.option(number, { freq: 2 }),
});

const transport: fc.Arbitrary<Transport> = fc.record({
  // `fetch` creates byte streams; replacements of `fetch` may create other streams.
  bytes: fc.nat(3).map((one) => one > 0),
  highWaterMark: fc.nat(2),
  emptyChunk: fc.boolean(),
  requestChoice: fc.nat(63),
});

const answer = {
  format: fc.constantFrom(...SCRIPTED_FORMATS.map(({ name }) => name)),
  draw,
  shape: fc.constantFrom<Case['shape'][]>(
    'stream',
    'stream',
    'stream',
    'stream',
    'stream',
    'JSON',
    'JSON',
    'refusal',
  ),
  writing,
  splitting,
  transport,
  // Some responses are longer than the retained copy of a stream.
  repeated: fc.oneof(
    { weight: 399, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }) },
  ),
  after: fc.nat(6),
};

/** Generates the name of a consumer from weighted lists. */
function oneOf(...choices: ReadonlyArray<readonly [weight: number, consumers: readonly Consumer[]]>) {
  return fc.oneof(
    ...choices.map(([weight, consumers]) => ({
      weight,
      arbitrary: fc.constantFrom(...consumers.map(({ name }) => name)),
    })),
  );
}

/** Complete response that is read to the end. */
export const completeCase: fc.Arbitrary<Case> = fc.record({
  ...answer,
  consumer: oneOf([3, READERS], [1, WHOLE_READERS]),
});

/** Response that is cut or that the application leaves. */
export interface BrokenCase extends Case {
  readonly cut: Cut | null;
  readonly failure: 'none' | 'rejects' | 'throws' | 'no body';
}

export const brokenCase: fc.Arbitrary<BrokenCase> = fc.record({
  ...answer,
  consumer: oneOf([5, READERS], [3, LEAVERS], [1, WHOLE_READERS], [1, OTHERS]),
  cut: fc.option(
    fc.record({
      event: number,
      offset: number,
      how: fc.constantFrom<Cut['how'][]>('error', 'close', 'abort'),
    }),
    { freq: 6 },
  ),
  failure: fc.nat(60).map((one) => (['rejects', 'throws', 'no body'] as const)[one] ?? 'none'),
});

/** Response that differs from the documentation of the provider. */
export interface MutatedCase extends Case {
  readonly mutations: readonly Mutation[];
  readonly contentType: number;
}

export const mutatedCase: fc.Arbitrary<MutatedCase> = fc.record({
  ...answer,
  consumer: oneOf([5, READERS], [1, LEAVERS], [2, WHOLE_READERS], [2, OTHERS]),
  mutations: fc.array(
    fc.record({
      kind: fc.constantFrom(...keysOf(SCRIPT_MUTATIONS), ...keysOf(BYTE_MUTATIONS)),
      at: number,
      with: number,
    }),
    { minLength: 1, maxLength: 3 },
  ),
  contentType: fc.nat(20),
});

export function formatOf({ format }: Case): ScriptedFormat {
  return SCRIPTED_FORMATS.find(({ name }) => name === format)!;
}

export function consumerOf({ consumer }: Case): Consumer {
  return CONSUMERS.find(({ name }) => name === consumer)!;
}

export function scriptOf(one: Case): Script {
  const { shape, repeated } = one;
  const draw = { ...one.draw, pieces: Array.from({ length: repeated }, () => one.draw.pieces).flat() };
  const format = formatOf(one);
  if (shape === 'refusal') {
    const { body, said } = refusalOf(format);
    return { status: 529, events: null, json: body, said };
  }
  const events = shape === 'stream' ? format.stream(draw) : [];
  if (events.length > 0) return { status: 200, events, json: null, said: events.at(-1)!.said };
  const { body, said } = format.json(draw);
  return { status: 200, events: null, json: body, said };
}

function refusalOf(format: ScriptedFormat): { body: unknown; said: Script['said'] } {
  const code = 'overloaded_error';
  return { body: format.refusal(code), said: { ...NOTHING_SAID, error: code } };
}
