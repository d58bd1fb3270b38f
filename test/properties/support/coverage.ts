import { CONSUMERS } from './consumers.js';
import { BYTE_MUTATIONS, SCRIPT_MUTATIONS } from './mutation.js';
import { splitKind, type CutKind, type SplitKind } from './pieces.js';
import { SCRIPTED_FORMATS } from './scripts/index.js';

const SPLIT_KINDS: readonly SplitKind[] = ['a UTF-8 character', 'a CRLF', 'a JSON escape'];
const CUT_KINDS: readonly CutKind[] = ['error', 'close', 'abort'];
const ENDINGS = ['finished', 'left', 'aborted', 'cut', 'failed', 'unread'];

/** All event types of all formats, and the JSON body of each format. */
const CUTTABLE = SCRIPTED_FORMATS.flatMap(({ name, eventTypes }) =>
  [...eventTypes, 'JSON'].map((type) => `${name}: ${type}`),
);

/** Counts what the cases cover. A full run requires every count to be above zero. */
export class Coverage {
  cases = 0;
  readonly formats = new Counts(SCRIPTED_FORMATS.map(({ name }) => name));
  readonly splits = new Counts<SplitKind>(SPLIT_KINDS);
  readonly cuts = new Counts(CUTTABLE);
  readonly cutKinds = new Counts<CutKind>(CUT_KINDS);
  readonly mutations = new Counts(Object.keys({ ...SCRIPT_MUTATIONS, ...BYTE_MUTATIONS }));
  readonly endings = new Counts(ENDINGS);
  readonly readings = new Counts(CONSUMERS.map(({ name }) => name));

  addSplits(chunks: readonly Uint8Array[], bytes: Uint8Array): void {
    let at = 0;
    for (const chunk of chunks.slice(0, -1)) {
      at += chunk.length;
      const kind = splitKind(bytes, at);
      if (kind !== null) this.splits.add(kind);
    }
  }

  /** Items that no case covered. */
  get missing(): readonly string[] {
    return this.counts.flatMap(([title, counts]) => counts.missing.map((key) => `${title} ${key}`));
  }

  summary(seconds: number, seed: number): string {
    const title = `${formatCount(this.cases)} cases of the tap's properties in ${formatCount(seconds)} s, seed ${seed}`;
    return `\n${[title, ...this.counts.flatMap(([name, counts]) => paragraph(name, counts.entries))].join('\n')}\n`;
  }

  private get counts(): ReadonlyArray<readonly [string, Counts<string>]> {
    return [
      ['formats', this.formats],
      ['splits inside', this.splits],
      ['cuts by', this.cutKinds],
      ['cuts inside', this.cuts],
      ['mutations', this.mutations],
      ['endings', this.endings],
      ['read by', this.readings],
    ];
  }
}

/** Counts the occurrences of a known set of keys. */
class Counts<Key extends string> {
  private readonly counts: Map<Key, number>;

  constructor(keys: readonly Key[]) {
    this.counts = new Map(keys.map((key) => [key, 0]));
  }

  add(key: Key): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  get entries(): string[] {
    return [...this.counts].map(([key, count]) => `${key} ${formatCount(count)}`);
  }

  get missing(): readonly Key[] {
    return [...this.counts].flatMap(([key, count]) => (count === 0 ? [key] : []));
  }
}

function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}

const LINE_LENGTH = 110;
const INDENT = 16;

/** Formats the items of a title on lines that fit a terminal. */
function paragraph(title: string, items: readonly string[]): string[] {
  const lines: string[] = [];
  let line = `  ${title}`.padEnd(INDENT);
  for (const [index, item] of items.entries()) {
    const text = index < items.length - 1 ? `${item} · ` : item;
    if (line.length + text.length > LINE_LENGTH && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = ' '.repeat(INDENT);
    }
    line += text;
  }
  return [...lines, line];
}
