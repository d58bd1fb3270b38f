import { ANTHROPIC } from './anthropic.js';
import type { Expected } from './expected.js';
import { LANGCHAIN } from './langchain.js';
import { OPENAI_CHAT, OPENAI_RESPONSES } from './openai.js';
import { COURSES, WAYS, type Column, type Course, type Scenario, type ScenarioName } from './scenarios.js';
import { isNotApplicable, type Conditions, type NotApplicable, type Use } from './sdk.js';
import { VERCEL_AI } from './vercel-ai.js';

/** Columns of the table. The rows are in `scenarios.ts`. */
export const COLUMNS: readonly Column[] = [
  ...OPENAI_CHAT,
  ...OPENAI_RESPONSES,
  ...ANTHROPIC,
  ...VERCEL_AI,
  ...LANGCHAIN,
];

export const ROWS = [...Object.keys(WAYS), ...Object.keys(COURSES)] as readonly ScenarioName[];

/** One scenario with one SDK. */
export interface Cell extends Partial<Conditions> {
  readonly use: Use;
  readonly expected: Expected;
  /** Reason why the expectation differs from the other SDKs. */
  readonly because?: string;
}

export function cellOf(row: ScenarioName, { api, ways, exceptions }: Column): Cell | NotApplicable {
  const scenario: Scenario | Course = row in WAYS ? WAYS[row as keyof typeof WAYS] : courseOf(row);
  const use = ways['ask' in scenario ? scenario.ask : (row as keyof typeof WAYS)];
  if (isNotApplicable(use)) return use;
  const expected = typeof scenario.expected === 'function' ? scenario.expected(api) : scenario.expected;
  if (isNotApplicable(expected)) return expected;
  const exception = exceptions?.[row];
  return {
    ...scenario,
    ...exception,
    use: 'as' in scenario && scenario.as ? scenario.as(use) : use,
    expected: { ...expected, ...exception?.expected },
  };
}

const courseOf = (row: ScenarioName): Course => COURSES[row as keyof typeof COURSES];

/** Formats the table as Markdown, with notes on exceptions and on cells that are not applicable. */
export function tableOf(isPassed: (row: ScenarioName, column: Column) => boolean): string {
  const notes: string[] = [];
  const note = (text: string): string => {
    if (!notes.includes(text)) notes.push(text);
    return `[${notes.indexOf(text) + 1}]`;
  };
  const markOf = (row: ScenarioName, column: Column): string => {
    const cell = cellOf(row, column);
    if (isNotApplicable(cell)) return `– ${note(cell.notApplicable)}`;
    const mark = isPassed(row, column) ? '✓' : '✗';
    return cell.because === undefined ? mark : `${mark} ${note(cell.because)}`;
  };
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['', ...COLUMNS.map(({ name }) => name)]),
    line(['---', ...COLUMNS.map(() => '---')]),
    ...ROWS.map((row) => line([row, ...COLUMNS.map((column) => markOf(row, column))])),
    '',
    ...notes.map((text, index) => `[${index + 1}] ${text}`),
    '',
  ].join('\n');
}
