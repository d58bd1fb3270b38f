import { pick, type Script, type ScriptEvent } from './script.js';

/** Mutation of a response. Numbers are used modulo the number of choices. */
export interface Mutation {
  readonly kind: keyof typeof SCRIPT_MUTATIONS | keyof typeof BYTE_MUTATIONS;
  readonly at: number;
  readonly with: number;
}

/** Replacement values. */
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  -0.5,
  1e21,
  1.7976931348623157e308,
  -1.7976931348623157e308,
  Number.MAX_SAFE_INTEGER,
  '',
  '17',
  'NaN',
  [],
  {},
  [null],
  [[[{}]]],
  { length: -1 },
  { type: 'error' },
  { toString: 1, constructor: null },
  '__proto__',
];

const UNKNOWN_EVENTS: readonly unknown[] = [
  { type: 'response.not_yet_known', data: 1 },
  { type: 'content_block_delta' },
  { type: 'response.output_text.delta' },
  { type: 'response.completed', response: null },
  { type: 'message_delta', usage: { output_tokens: 'many' } },
  { choices: null },
  { choices: [null, 1, 'a', { delta: null }, { delta: { content: [{}] } }] },
  { error: 'overloaded' },
  { usage: [] },
  { type: 'transcript.text.delta', delta: null },
  { type: '.partial_image' },
  '[DONE]',
  '',
  'null',
  '{',
  '{"type":"',
  '{"type":"content_block_delta',
  '[]',
  '1e999',
];

/** Mutations of a script before serialization. */
export const SCRIPT_MUTATIONS = {
  'another value': (script: Script, { at, with: other }: Mutation): Script =>
    changeData(script, at, (data) => replaceValue(data, Math.floor(at / 8), pick(VALUES, other))),
  'another value for every number': (script: Script, { at, with: other }: Mutation): Script =>
    changeData(script, at, (data) => replaceNumbers(data, pick(VALUES, other))),
  'a value removed': (script: Script, { at }: Mutation): Script =>
    changeData(script, at, (data) => replaceValue(data, Math.floor(at / 8), undefined)),
  'an unknown event': (script: Script, { at, with: other }: Mutation): Script =>
    changeEvents(script, at, (event) => [{ ...event, data: pick(UNKNOWN_EVENTS, other) }, event]),
  'an event twice': (script: Script, { at }: Mutation): Script =>
    changeEvents(script, at, (event) => [event, event]),
  'an event missing': (script: Script, { at }: Mutation): Script => changeEvents(script, at, () => []),
  'an event at the end': (script: Script, { at }: Mutation): Script => {
    const { events } = script;
    return events === null || events.length === 0
      ? script
      : { ...script, events: [...events, pick(events, at)] };
  },
};

/** Mutations of serialized bytes. */
export const BYTE_MUTATIONS = {
  'a bit flipped': (bytes: Buffer, { at, with: other }: Mutation): Buffer => {
    const index = at % bytes.length;
    bytes[index] = bytes[index]! ^ (1 << (other % 8));
    return bytes;
  },
  'another byte': (bytes: Buffer, { at, with: other }: Mutation): Buffer => {
    bytes[at % bytes.length] = other % 256;
    return bytes;
  },
  'bytes deleted': (bytes: Buffer, { at, with: other }: Mutation): Buffer => {
    const index = at % bytes.length;
    return Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + 1 + (other % 40))]);
  },
  'bytes repeated': (bytes: Buffer, { at, with: other }: Mutation): Buffer => {
    const index = at % bytes.length;
    return Buffer.concat([bytes.subarray(0, index + 1 + (other % 200)), bytes.subarray(index)]);
  },
  'bytes that are no UTF-8': (bytes: Buffer, { at, with: other }: Mutation): Buffer => {
    const index = at % bytes.length;
    const noise = Buffer.from([0xc3, 0x28, 0xff, 0xed, 0xa0, 0x80]).subarray(other % 6);
    return Buffer.concat([bytes.subarray(0, index), noise, bytes.subarray(index)]);
  },
};

export function mutateScript(script: Script, mutations: readonly Mutation[]): Script {
  let mutated = script;
  for (const mutation of mutations) {
    if (mutation.kind in SCRIPT_MUTATIONS)
      mutated = SCRIPT_MUTATIONS[mutation.kind as keyof typeof SCRIPT_MUTATIONS](mutated, mutation);
  }
  return mutated;
}

export function mutateBytes(bytes: Buffer, mutations: readonly Mutation[]): Buffer {
  let mutated = bytes;
  for (const mutation of mutations) {
    if (mutation.kind in BYTE_MUTATIONS && mutated.length > 0)
      mutated = BYTE_MUTATIONS[mutation.kind as keyof typeof BYTE_MUTATIONS](mutated, mutation);
  }
  return mutated;
}

function changeData(script: Script, at: number, change: (data: unknown) => unknown): Script {
  if (script.events === null) return { ...script, json: change(script.json) };
  return changeEvents(script, at, (event) => [{ ...event, data: change(event.data) }]);
}

function changeEvents(
  script: Script,
  at: number,
  change: (event: ScriptEvent) => readonly ScriptEvent[],
): Script {
  const { events } = script;
  if (events === null || events.length === 0) return script;
  const chosen = at % events.length;
  return {
    ...script,
    events: events.flatMap((event, index) => (index === chosen ? change(event) : [event])),
  };
}

function replaceNumbers(data: unknown, value: unknown): unknown {
  if (typeof data === 'number') return value;
  if (Array.isArray(data)) return data.map((member) => replaceNumbers(member, value));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, member]) => [key, replaceNumbers(member, value)]),
  );
}

/** Copies `data` and replaces the value at one of all its positions. */
function replaceValue(data: unknown, place: number, value: unknown): unknown {
  if (typeof data !== 'object' || data === null) return value ?? null;
  const copy = structuredClone(data);
  const places: Array<[holder: Record<string, unknown>, key: string]> = [];
  const visit = (holder: Record<string, unknown>): void => {
    for (const [key, member] of Object.entries(holder)) {
      places.push([holder, key]);
      if (typeof member === 'object' && member !== null) visit(member as Record<string, unknown>);
    }
  };
  visit(copy as Record<string, unknown>);
  if (places.length === 0) return value ?? null;
  const [holder, key] = pick(places, place);
  holder[key] = value;
  return copy;
}
