import type { TimeRange } from 'nestjs-llm-telemetry';
import { QUERIES, type BenchQuery, type QueryKind } from '../queries.js';
import { elapsedOf } from './server-processes.js';
import type { Setting } from './setting.js';
import { DAY, DAYS } from './times.js';

/** Kinds of queries with a limit. */
const JUDGED = {
  measure: ['any measure, 30 days', 'any measure, a day'],
  list: ['lists, 30 days', 'lists, a day'],
  call: ['one call, 30 days', 'one call, a day'],
} as const satisfies Partial<Record<QueryKind, readonly [string, string]>>;

/** Runs the queries of the dashboard, over all days and over one. The slowest of a kind is judged. */
export async function ask(setting: Setting): Promise<void> {
  const { now, limits, report } = setting;
  const ranges: readonly TimeRange[] = [
    { from: now - DAYS * DAY, to: now + DAY },
    { from: now - 2 * DAY, to: now - DAY },
  ];
  const timed: TimedQuery[] = [];
  for (const query of QUERIES) {
    const times: number[] = [];
    for (const range of ranges) times.push(await timeOf(setting, query, range));
    timed.push({ query, times });
    report.addQuery(query.name, times);
  }
  const limitsByKind = { measure: limits.measureMs, list: limits.listMs, call: limits.callMs };
  for (const kind of Object.keys(JUDGED) as Array<keyof typeof JUDGED>) {
    for (const [range, name] of JUDGED[kind].entries()) {
      const ofKind = timed.filter(({ query }) => query.kind === kind);
      const slowest = Math.max(...ofKind.map(({ times }) => times[range]!));
      report.atMost(name, slowest, limitsByKind[kind][range]!, 'ms', 1);
    }
  }
}

interface TimedQuery {
  readonly query: BenchQuery;
  /** By range, milliseconds. */
  readonly times: readonly number[];
}

/** Returns the duration that counts, in milliseconds, as the caller measures it. */
async function timeOf(
  { reader, database, limits: { turns, counts, inProcessorTime } }: Setting,
  query: BenchQuery,
  range: TimeRange,
): Promise<number> {
  const prepared = (await query.prepare?.(reader, range)) ?? '';
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const before = inProcessorTime ? database.threadTimes() : null;
    const own = process.cpuUsage();
    const start = performance.now();
    await query.run(reader, range, prepared);
    const elapsed = performance.now() - start;
    const { user, system } = process.cpuUsage(own);
    const after = before && database.threadTimes();
    times.push(before && after ? elapsedOf(before, after) + (user + system) / 1000 : elapsed);
  }
  times.sort((one, other) => one - other);
  return times[counts]!;
}
