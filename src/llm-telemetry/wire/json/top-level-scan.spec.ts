import fc from 'fast-check';
import { leastCpuMs } from '../../../../test/support/cpu-time.js';
import { chatCompletions } from '../formats/chat-completions.js';
import { scanTopLevel, type ScannedObject } from './top-level-scan.js';

const WANTED = chatCompletions.requestKeys;

const space = fc.constantFrom('', '', ' ', '\n', '\t', '\r\n', '  \n  ');
/** Wanted names, other names, and names that are difficult to scan. */
const key = fc.oneof(
  fc.constantFrom(...WANTED),
  fc.constantFrom(
    'messages',
    'tools',
    'modèle',
    'a"b',
    'back\\',
    '\\"',
    '{',
    '}',
    ',',
    ':',
    '',
    'toString',
    '日本',
  ),
  fc.string({ unit: 'grapheme' }),
);
const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'é') }),
  fc.constantFrom(
    'gpt-4o-mini',
    '"model":"evil"',
    '\\',
    '\\\\"',
    '","stream":true,"x":"',
    '\ud83d',
    '\u0000',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
/** Values that contain members with the same names. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    // Lists that begin with numbers.
    fc.tuple(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), tie('value')),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}));
const object = fc.oneof(
  fc.dictionary(key, value, { maxKeys: 12 }),
  fc.object({ key }).map((one) => JSON.parse(JSON.stringify(one)) as Record<string, unknown>),
);

/** Writes JSON with white space at every allowed position, from `spaces` in turn, and unnecessary escape sequences. */
function write(json: unknown, spaces: readonly string[], escape: boolean): string {
  let turn = 0;
  const gap = (): string => spaces[turn++ % spaces.length]!;
  const quoted = (text: string): string =>
    escape && text.length % 2 === 0 ? JSON.stringify(text).replaceAll('é', '\\u00e9') : JSON.stringify(text);
  const one = (node: unknown): string => {
    if (typeof node === 'string') return quoted(node);
    if (typeof node !== 'object' || node === null) return JSON.stringify(node);
    if (Array.isArray(node)) return `[${gap()}${node.map((item) => one(item) + gap()).join(`,${gap()}`)}]`;
    const members = Object.entries(node).map(
      ([name, item]) => `${quoted(name)}${gap()}:${gap()}${one(item)}${gap()}`,
    );
    return `{${gap()}${members.join(`,${gap()}`)}}`;
  };
  return gap() + one(json) + gap();
}

/** Returns the found names as written, including escape sequences. */
function names({ keys }: ScannedObject): string[] {
  return [...keys].map((written) => JSON.parse(`"${written}"`) as string).sort();
}

function wantedMembers(json: object): object {
  return Object.fromEntries(Object.entries(json).filter(([name]) => WANTED.has(name)));
}

describe('scanTopLevel', () => {
  const spaces = fc.array(space, { minLength: 1, maxLength: 9 });

  it('finds the top-level members of any JSON object and ignores nested members', () => {
    fc.assert(
      fc.property(object, spaces, fc.boolean(), (json, gaps, escape) => {
        const text = write(json, gaps, escape);
        // The provider parses the body like JSON.parse.
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const scanned = scanTopLevel(text, WANTED)!;
        expect(names(scanned)).toEqual(Object.keys(parsed).sort());
        expect(scanned.members).toEqual(wantedMembers(parsed));
      }),
      { numRuns: 500 },
    );
  });

  it('skips one long value at any position', () => {
    // 200 messages that contain the wanted names: too long to skip from either side.
    const long = Array.from({ length: 200 }, (_, at) => ({
      role: 'user',
      content: [{ type: 'text', text: `"model":"evil ${at}"`, model: 'evil', stream: 'evil', messages: [] }],
    }));
    const short = fc.dictionary(fc.constantFrom(...WANTED), leaf, { maxKeys: 8 });
    fc.assert(
      fc.property(short, short, spaces, (before, after, gaps) => {
        const text = write({ ...before, messages: long, ...after }, gaps, false);
        const parsed = JSON.parse(text) as object;
        const scanned = scanTopLevel(text, WANTED)!;
        expect(names(scanned)).toEqual(Object.keys(parsed).sort());
        expect(scanned.members).toEqual(wantedMembers(parsed));
      }),
    );
  });

  it('finds the members around a prompt of several megabytes without reading the prompt', () => {
    const prompt = 'Line with "quotes", {braces} and \\backslashes\\\n'.repeat(100_000);
    const text = JSON.stringify({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: prompt }],
      max_tokens: 200,
      stream: true,
    });
    let scanned!: ScannedObject;
    const cpuMs = leastCpuMs(() => (scanned = scanTopLevel(text, WANTED)!), 5);
    expect(scanned.members).toEqual({ model: 'gpt-4o-mini', max_tokens: 200, stream: true });
    expect([...scanned.keys].sort()).toEqual(['max_tokens', 'messages', 'model', 'stream']);
    // Reading the complete prompt takes tens of milliseconds.
    expect(cpuMs).toBeLessThan(5);
  });

  it('finds the members around thousands of numbers without reading them', () => {
    const vector = Array.from({ length: 20_000 }, (_, index) => Math.sin(index));
    const text = JSON.stringify(
      { model: 'gpt-4o-mini', messages: [[-1, 2], vector, vector], stream: true },
      null,
      1,
    );
    expect(scanTopLevel(text, WANTED)).toMatchObject({
      members: { model: 'gpt-4o-mini', stream: true },
      complete: true,
    });
  });

  it.each(['[1,"]",{"a":"]"}]', '[-1,[2],[]]', '[0,{}]', '[ 1 , "\\"]" ]'])(
    'finds the member after a list of numbers and others: %s',
    (list) => {
      const text = `{"messages":[${list},[3]],"model":"x"}`;
      expect(scanTopLevel(text, WANTED)).toMatchObject({ members: { model: 'x' }, complete: true });
    },
  );

  it('finds no member after a list of numbers that does not end', () => {
    expect(scanTopLevel('{"model":"x","messages":[[1,2,3', WANTED)).toMatchObject({
      members: { model: 'x' },
      complete: false,
    });
  });

  it('does not return members between two long values', () => {
    const long = Array.from({ length: 400 }, () => 'x');
    const text = JSON.stringify({ model: 'gpt-4o', messages: long, stream: true, tools: long, seed: 1 });
    expect(scanTopLevel(text, WANTED)!.members).toEqual({ model: 'gpt-4o', seed: 1 });
  });

  it.each(['', ' ', 'null', 'true', '12', '"model"', '[{"model":"x"}]', 'model=x', 'undefined'])(
    'returns null for %j',
    (text) => {
      expect(scanTopLevel(text, WANTED)).toBeNull();
    },
  );

  describe('hostile input', () => {
    const cutText = fc
      .tuple(object, spaces, fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([json, gaps, part]) => {
        const text = write(json, gaps, true);
        return text.slice(0, Math.floor(text.length * part));
      });
    const garbage = fc.string({
      unit: fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        ':',
        ',',
        '\\',
        ' ',
        '1',
        't',
        '"model"',
        '{"model":"x",',
      ),
      maxLength: 60,
    });
    const swapped = fc.tuple(object, spaces, garbage, fc.nat()).map(([json, gaps, junk, at]) => {
      const text = write(json, gaps, true);
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + junk + text.slice(cut);
    });

    it('never throws and returns only members of the text', () => {
      fc.assert(
        fc.property(
          fc.oneof(
            cutText,
            garbage,
            garbage.map((text) => `{${text}}`),
            swapped,
          ),
          (text) => {
            const scanned = scanTopLevel(text, WANTED);
            if (scanned === null) return;
            for (const found of scanned.keys) expect(text).toContain(`"${found}"`);
            for (const found of Object.keys(scanned.members)) expect(WANTED.has(found)).toBe(true);
          },
        ),
        { numRuns: 2000 },
      );
    });

    it.each([
      ['opening brackets', '{"model":"x","messages":' + '['.repeat(1_000_000)],
      ['closing brackets', '{"model":"x","messages":' + ']'.repeat(1_000_000) + '}'],
      ['quotes', '{' + '"'.repeat(1_000_000) + '}'],
      ['escaped quotes', `{"messages":"${'\\"'.repeat(500_000)}","model":"x"}`],
      ['backslashes', `{"messages":"${'\\'.repeat(1_000_000)}","model":"x"}`],
      ['backslashes in an unterminated string', `{"messages":"${'\\'.repeat(1_000_000)}`],
      ['backslashes between quotes', `{"messages":"${`${'\\'.repeat(2001)}"`.repeat(500)}","model":"x"}`],
      ['white space', `{${' '.repeat(1_000_000)}`],
      ['commas', `{${','.repeat(1_000_000)}}`],
      ['members', `{${'"a":1,'.repeat(100_000)}"b":2}`],
      ['lists of numbers', `{"messages":${'[1,'.repeat(300_000)}`],
      ['numbers that are walked backward', `{"a":${'["x",'.repeat(300)}${'1,'.repeat(1_000_000)}1]}`],
      ['nesting', `{"messages":${'{"model":'.repeat(100_000)}1${'}'.repeat(100_000)},"model":"x"}`],
    ])('completes quickly for a million %s', (_, text) => {
      expect(leastCpuMs(() => void scanTopLevel(text, WANTED))).toBeLessThan(500);
    });
  });
});
