import type { CallRecord } from 'nestjs-llm-telemetry';
import { knownCostOf } from '../../src/llm-telemetry/calls/outcome.js';
import { SUM_INDEX } from '../../src/llm-telemetry/store/measure-table.js';
import { toUnits } from '../../src/llm-telemetry/units/usd.js';
import type { ClickHouseServer } from '../support/clickhouse-server.js';

/** What must be the same in the calls and in the rollups of each length. */
export interface Totals {
  readonly calls: number;
  /** In 10⁻¹² USD. */
  readonly units: string;
  /** Values of histograms. */
  readonly durations: number;
}

/** Returns the totals of the rollups by length in seconds, and the number of calls and of their ids, from the tables. */
export async function storedTotals(
  server: ClickHouseServer,
): Promise<{ lengths: Record<string, Totals>; calls: number; ids: number }> {
  const rows = await server.rows(
    `SELECT length, toString(sumMap(sums)[${SUM_INDEX.calls}]), toString(sumMap(sums)[${SUM_INDEX.costUsd}]),
       toString(arraySum(mapValues(sumMap(duration))))
     FROM llm_telemetry.rollup WHERE kind = 'model' GROUP BY length ORDER BY length`,
  );
  const [[calls, ids]] = (await server.rows(
    'SELECT toUInt32(count()), toUInt32(uniqExact(id)) FROM llm_telemetry.call',
  )) as [[number, number]];
  const lengths = rows.map(([length, count, units, durations]): [string, Totals] => [
    String(length),
    { calls: Number(count), units: units as string, durations: Number(durations) },
  ]);
  return { lengths: Object.fromEntries(lengths), calls, ids };
}

/** Returns what `storedTotals` must return if each record is stored once. */
export function expectedTotals(records: readonly CallRecord[]): Awaited<ReturnType<typeof storedTotals>> {
  let units = 0n;
  for (const { attempts } of records)
    for (const attempt of attempts) units += BigInt(toUnits(knownCostOf(attempt) ?? 0));
  const totals: Totals = { calls: records.length, units: String(units), durations: records.length };
  const lengths = Object.fromEntries(
    ['60', '900', '3600', '21600', '86400'].map((length) => [length, totals]),
  );
  return { lengths, calls: records.length, ids: records.length };
}
