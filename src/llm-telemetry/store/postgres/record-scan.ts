import type { CallOrigin } from '../call-origin.js';
import type { RecordScan } from '../core/backend.js';
import { storedTime } from '../core/call-columns.js';
import { tooManyCalls } from '../core/call-parts.js';
import { unpackRecord } from '../core/record-pack.js';
import { callCondition } from './conditions.js';
import type { Statements } from './connection.js';
import type { Origins } from './origins.js';
import { Parameters } from './parameters.js';
import { timestamp } from './settings.js';

/** Records that are read at once. */
const CHUNK = 5000;

/** Reads the texts of records of a range, in the order of time. @throws StoreQueryError */
export async function scanRecords(
  statements: Statements,
  origins: Origins,
  { range, where, limits }: RecordScan,
  take: (text: string, origin: CallOrigin) => void,
): Promise<void> {
  let after: readonly [at: string, id: string] = [
    timestamp(storedTime(range.from)),
    '00000000-0000-0000-0000-000000000000',
  ];
  for (let scanned = 0; ;) {
    const parameters = new Parameters();
    const at = parameters.add(after[0], 'timestamptz');
    const id = parameters.add(after[1], 'uuid');
    const to = parameters.add(timestamp(storedTime(range.to)), 'timestamptz');
    const condition = await callCondition(statements, parameters, where);
    const rows = await statements.rows(
      `SELECT ended_at::text, id, instance, record FROM call
       WHERE ended_at >= ${at} AND (ended_at, id) > (${at}, ${id}) AND ended_at < ${to} AND ${condition}
       ORDER BY ended_at, id LIMIT ${CHUNK}`,
      parameters.values,
    );
    scanned += rows.length;
    if (scanned > limits.scanned) throw tooManyCalls(limits.scanned, 'are in the range');
    const originOf = await origins.originsOf(
      statements,
      rows.map(([, , instance]) => instance as number),
    );
    for (const [, , instance, record] of rows)
      take(unpackRecord(record as Uint8Array), originOf(instance as number));
    const last = rows.at(-1);
    if (!last || rows.length < CHUNK) return;
    after = [last[0] as string, last[1] as string];
  }
}
