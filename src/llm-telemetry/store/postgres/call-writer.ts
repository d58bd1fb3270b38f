import type { CallRecord } from '../../calls/record.js';
import { boundedName } from '../../text/bounded-name.js';
import { callColumns, storedEndOf } from '../core/call-columns.js';
import { packRecord } from '../core/record-pack.js';
import type { DeliveredCall, Delivery } from '../core/shared-backend.js';
import { Tally } from '../core/tally.js';
import { columnsOf, rowsOf } from './array-parameters.js';
import type { Connection, Statements, Value } from './connection.js';
import { dayOf, type Days } from './days.js';
import { deltaRowsOf, insertDeltas, type DeltaRows } from './deltas.js';
import type { Names } from './names.js';
import type { InstanceIds, Origins } from './origins.js';
import type { State } from './state.js';

const WRITE_MS = 15_000;

/** Columns of the table `call` with their types. */
const CALL_COLUMNS = {
  ended_at: 'timestamptz',
  id: 'uuid',
  duration_ms: 'double precision',
  cost_usd: 'double precision',
  tokens: 'double precision',
  user_hash: 'bigint',
  series: 'int',
  instance: 'int',
  route: 'int',
  tenant: 'int',
  outcome: 'int',
  flags: 'smallint',
  record: 'bytea',
};
const CALL_TYPES = Object.values(CALL_COLUMNS);
const INSERT_CALLS = `INSERT INTO call (${Object.keys(CALL_COLUMNS).join(', ')}) ${rowsOf(CALL_TYPES)}`;

/** A call with what it is stored with. */
interface PlacedCall extends DeliveredCall {
  /** Unix milliseconds, for the partition. */
  readonly place: number;
  readonly packed: Buffer;
}

/** A delivery as rows. */
interface Draft extends DeltaRows {
  readonly calls: readonly (readonly Value[])[];
}

/** What deliveries are written with. */
export interface WriterParts {
  readonly connection: Connection;
  readonly names: Names;
  readonly origins: Origins;
  readonly days: Days;
  readonly state: State;
}

/** Writes deliveries: the calls, what they add to rollups, and a marker, in one transaction. */
export class CallWriter {
  constructor(private readonly parts: WriterParts) {}

  /** @throws DatabaseError if the database is the cause; then nothing is written. */
  async write({ instance, number, calls }: Delivery): Promise<void> {
    const { connection, names, origins, days, state } = this.parts;
    const places = await days.placesOf(calls.map(({ record }) => storedEndOf(record)));
    const last = places.reduce((latest, place) => Math.max(latest, place), 0);
    const ids = await origins.idsOf(instance, last);
    const placed = calls.map((call, index) => ({
      ...call,
      place: places[index]!,
      packed: packRecord(call.text),
    }));
    const draft = await names.complete(dayOf(last), () => this.draftOf(placed, ids));
    await connection.transaction({ timeoutMs: WRITE_MS }, async (statements) => {
      const isNew = await markDelivery(statements, ids.instance, number, state);
      if (!isNew) return;
      const replaced = await replacedSums(statements, calls);
      const written =
        replaced.size === 0
          ? draft
          : this.draftOf(
              placed.filter(({ record }) => !replaced.has(record)),
              ids,
            );
      if (written.calls.length > 0)
        await statements.change(INSERT_CALLS, columnsOf(written.calls, CALL_TYPES));
      await insertDeltas(statements, written);
    });
  }

  private draftOf(calls: readonly PlacedCall[], { instance, origin }: InstanceIds): Draft {
    const { names } = this.parts;
    const tally = new Tally(names);
    const rows = calls.map(({ id, record, place, packed }): Value[] => {
      const { feature, operation, provider, model, route, identity } = record;
      const series = names.seriesOf(feature, operation, provider, model);
      tally.add(record, series.rollup);
      const { outcome, flags, durationMs, costUsd, tokens, user } = callColumns(record);
      return [
        place,
        id,
        durationMs,
        costUsd,
        tokens,
        user,
        series.id,
        instance,
        names.idOf(route),
        names.idOf(identity.tenantId ?? null),
        names.idOf(outcome),
        flags,
        packed,
      ];
    });
    return { calls: rows, ...deltaRowsOf(tally.shortest(), origin, (type) => names.idOf(type)) };
  }
}

/** Marks a delivery as written. Returns false if it was written before. */
export async function markDelivery(
  statements: Statements,
  instance: number,
  number: number,
  state: State,
): Promise<boolean> {
  const [[marked, layout, generation] = []] = await statements.rows(
    `WITH marked AS (
       INSERT INTO delivery (instance, number) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1
     )
     SELECT (SELECT count(*) FROM marked), layout, generation FROM state`,
    [instance, number],
  );
  state.check(layout as number, generation as number);
  return marked === 1;
}

/** Returns the sums of batches whose items were recorded while the sum was on its way: the items replace it. */
async function replacedSums(
  statements: Statements,
  calls: readonly DeliveredCall[],
): Promise<ReadonlySet<CallRecord>> {
  const replaced = new Set<CallRecord>();
  for (const { record } of calls) {
    if (!record.batch || record.batch.item !== null) continue;
    const rows = await statements.rows(
      'SELECT has_items FROM batch WHERE remote_id = $1 AND sum_at = $2 FOR SHARE',
      [boundedName(record.batch.id), storedEndOf(record)],
    );
    if (rows.some(([hasItems]) => hasItems === true)) replaced.add(record);
  }
  return replaced;
}
