import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCUMENT = join(import.meta.dirname, '../../../docs/capture.md');

/** Columns of the tables: what the tests observe of a client. */
export const COLUMNS = [
  'usage',
  'finish reason',
  'stream',
  'left stream',
  'retry',
  'tool call',
  'error',
  'embeddings',
] as const;
export type TableColumn = (typeof COLUMNS)[number];

/** What a test observed, by column. */
export type Observed = Readonly<Partial<Record<TableColumn, string>>>;

/** Returns the version of a package that the tests install, up to its first number that is not 0. */
export function versionOf(name: string): string {
  for (const folder of ['sdks', 'tracers']) {
    const file = join(import.meta.dirname, '../..', folder, 'package.json');
    const { dependencies } = JSON.parse(readFileSync(file, 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const version = dependencies[name]?.split('@').at(-1);
    if (version !== undefined) return /^(?:0\.)*\d+/.exec(version)![0];
  }
  throw new Error(`${name} is not installed for the tests.`);
}

/** Formats a table as the lines of Markdown between the markers of its name. */
function formatTable(rows: ReadonlyMap<string, Observed>): string[][] {
  return [
    ['client', ...COLUMNS],
    ...[...rows].map(([name, observed]) => [name, ...COLUMNS.map((column) => observed[column] ?? '–')]),
  ];
}

/** Returns the cells of a table of docs/capture.md. @throws Error if it has no markers. */
function printedTable(name: string): { cells: string[][]; document: string; start: number; end: number } {
  const document = readFileSync(DOCUMENT, 'utf8');
  const before = `<!-- clients: ${name} -->`;
  const start = document.indexOf(before) + before.length;
  const end = document.indexOf('<!-- clients end -->', start);
  if (start < before.length || end < 0) throw new Error(`docs/capture.md has no table "${name}".`);
  const lines = document.slice(start, end).trim().split('\n');
  const cells = lines
    .filter((line) => !/^\|[\s|:-]+$/.test(line) && line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  return { cells, document, start, end };
}

/**
 * Expects that docs/capture.md prints what was observed. With `CLIENT_TABLES=write`, writes it.
 *
 * @throws Error if they differ.
 */
export async function expectPrinted(name: string, rows: ReadonlyMap<string, Observed>): Promise<void> {
  const table = formatTable(rows);
  if (process.env['CLIENT_TABLES'] === 'write') {
    const { format, resolveConfig } = await import('prettier');
    const { document, start, end } = printedTable(name);
    const [head, ...body] = table.map((cells) => `| ${cells.join(' | ')} |`);
    const text = [head, `|${' --- |'.repeat(COLUMNS.length + 1)}`, ...body].join('\n');
    const changed = `${document.slice(0, start)}\n\n${text}\n\n${document.slice(end)}`;
    const options = await resolveConfig(DOCUMENT);
    writeFileSync(DOCUMENT, await format(changed, { ...options, parser: 'markdown' }));
  }
  expect(printedTable(name).cells).toEqual(table);
}
