import Table from 'cli-table3';
import type { Figure, PeerResult, PeerResults } from './results.js';

/** Formats the results for the terminal. */
export function peersTable({ tasks, contestants, rounds, node, machine }: PeerResults): string {
  const table = new Table({
    head: ['', 'records', ...tasks.map(({ name, unit }) => `${name}, µs per ${unit}`)],
    style: { head: [], border: [], compact: true },
  });
  for (const contestant of contestants)
    table.push([
      contestant.name,
      contestant.records,
      ...tasks.map(({ name }) => cell(contestant, contestant.figures[name], contestant.marks[name])),
    ]);
  const marks = contestants.flatMap((contestant) =>
    Object.entries(contestant.marks).map(
      ([task, found]) => `!  ${contestant.name}, ${task}: ${found.join(', ')}`,
    ),
  );
  return [
    `Microseconds added to the bare SDK: median (least…greatest) of ${rounds} rounds. ${node}, ${machine}.`,
    'bare SDKs: their own time. !: the spans are wrong or incomplete.',
    table.toString(),
    ...marks,
    '',
  ].join('\n');
}

function cell(
  { isBare }: PeerResult,
  figure: Figure | undefined,
  marks: readonly string[] | undefined,
): string {
  if (!figure) return marks ? '!' : '–';
  const digits = figure.max < 10 ? 2 : 1;
  const [median, min, max] = [figure.median, figure.min, figure.max].map((value) => value.toFixed(digits));
  const sign = isBare || figure.median < 0 ? '' : '+';
  return `${sign}${median} (${min}…${max})${marks ? ' !' : ''}`;
}
