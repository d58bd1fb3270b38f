import Table from 'cli-table3';
import { limitText, NON_MODEL, verdictLine, type Verdict } from './call-limits.js';
import type { Measurement, Time } from './measure.js';
import type { NonModelTime } from './non-model.js';
import { scaled, type Spread } from './statistics.js';
import { BARE_SPANS, FLOOR, VARIANTS } from './variants.js';

/** Formats all results as text. */
export function printReport(
  measurements: readonly Measurement[],
  nonModel: NonModelTime,
  verdicts: readonly Verdict[],
): string {
  const names = [...VARIANTS.map(({ name }) => name), BARE_SPANS, FLOOR];
  const table = new Table({
    head: ['', 'µs per', 'bare SDK', ...names.map((name) => `+ ${name}`), 'limit'],
    colAligns: ['left', 'left', ...names.map(() => 'right' as const), 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const measurement of measurements) table.push(...rowsOf(measurement, names));
  const lastVariant = VARIANTS.length - 1;
  const cells = names.map((_, index) => (index === lastVariant ? spread(nonModel.added, 3) : ''));
  table.push([NON_MODEL, 'request', spread(nonModel.bare, 3), ...cells, limitText(NON_MODEL)]);
  return [EXPLANATION, table.toString(), ...verdicts.map(verdictLine), ...problemsOf(measurements), ''].join(
    '\n',
  );
}

const EXPLANATION = `
Microseconds added to the bare SDK: median (quartiles) of differences of blocks that ran side by side in one process.
Each variant has a process of its own.
memory: fetch responds from memory, so that only our own work is measured; the limits apply to this transport.
http: a real server in another process on 127.0.0.1; its noise is as large as the limits. cpu: mean processor time.
${BARE_SPANS}: two spans with the same attributes, made by hand. ${FLOOR}: these and four histograms.
`;

function rowsOf(measurement: Measurement, names: readonly string[]): string[][] {
  const { scenario, transport, bare, added } = measurement;
  const { unit, unitsPerCall } = scenario;
  const times = [bare, ...names.map((name) => added.get(name))];
  const row = (title: string, cell: (time: Time) => string, limit: string): string[] => [
    title,
    unit,
    ...times.map((time) => (time ? cell(time) : '')),
    limit,
  ];
  const wall = (time: Time): string => spread(scaled(time.wallUs, 1 / unitsPerCall), digits(measurement));
  const cpu = (time: Time): string => (time.meanCpuUs / unitsPerCall).toFixed(digits(measurement));
  const title = `${scenario.name}, ${transport}`;
  if (transport === 'memory') return [row(title, wall, limitText(scenario.name))];
  return [row(title, wall, ''), row(`${title}, cpu`, cpu, '')];
}

function digits({ scenario }: Measurement): number {
  return scenario.unit === 'chunk' ? 2 : 1;
}

function spread({ median, q1, q3 }: Spread, decimals: number): string {
  return `${median.toFixed(decimals)} (${q1.toFixed(decimals)}…${q3.toFixed(decimals)})`;
}

function problemsOf(measurements: readonly Measurement[]): readonly string[] {
  return measurements.flatMap(({ scenario, transport, problems }) =>
    problems.map((problem) => `INVALID   ${scenario.name}, ${transport}: ${problem}`),
  );
}
