import type { CallOrigin } from '../call-origin.js';
import { MAX_ORIGINS } from '../core/instance.js';
import { KIND, type Kind, type NameLimits, type ReservedNames } from '../core/series.js';
import type { DeliveredCall, Delivery, RollupDelivery } from '../core/shared-backend.js';
import { Tally } from '../core/tally.js';
import { DAY, SECOND } from '../../units/time.js';
import { endOfCallId } from '../call-id.js';
import type { InsertRow } from './connection.js';
import { callRowOf, receiptOf, rollupRowsOf, rowsOfRollups, storedOrigin, uuidOf } from './delivery-rows.js';
import { CALL_COLUMNS, ROLLUP_COLUMNS, ROW_KIND } from './layout.js';
import { SeriesRegistry } from './series-registry.js';
import { ParameterList } from './sql.js';
import type { Tables } from './tables.js';

const NONE: ReadonlySet<string> = new Set();

/** Hexadecimal digits of the process at the end of an id. */
const PROCESS_DIGITS = 8;

/** Series that were used within these days count for the limits. */
const SERIES_DAYS = 32;

/**
 * Writes deliveries exactly once. A delivery is two inserts, of calls and of rollups; each is stored as a whole, and
 * recognized by its token if it is repeated soon. Tokens are forgotten, so where an earlier attempt is possible, the tables
 * are asked first: for the ids of the calls, and for the receipt among the rollups.
 */
export class DeliveryWriter {
  private readonly series: SeriesRegistry;
  /** By instance, the number that has certainly not been tried before. */
  private readonly untried = new Map<string, number>();
  private origins: ReadonlySet<string> = new Set();

  constructor(
    private readonly tables: Tables,
    reserved: ReservedNames,
    limits: NameLimits,
    /** Returns true if items of a batch were recorded, so that its sum must not be. */
    private readonly hasItems: (batchId: string) => Promise<boolean>,
  ) {
    this.series = new SeriesRegistry(reserved, limits);
  }

  /** Reads which series and programs have rollups. @throws DatabaseError */
  async refresh(now: number): Promise<void> {
    const { connection, layout } = this.tables;
    const since = Math.floor((now - SERIES_DAYS * DAY) / SECOND);
    const recent = `FROM ${layout.table('rollup')}
      WHERE kind IN (${Object.values(KIND).join(', ')}) AND length = ${DAY / SECOND} AND start >= toDateTime({since:UInt32}, 'UTC')`;
    const rows = await connection.rows<[kind: number, ...names: Array<string | null>]>(
      `SELECT DISTINCT toInt8(kind), feature, operation, provider, model, name ${recent}`,
      { since },
    );
    this.series.load(
      rows.map(([kind, ...names]) => ({
        kind: kind as Kind,
        names: kind === KIND.model ? names.slice(0, 4) : names.slice(4),
      })),
    );
    const origins = await connection.rows<[string | null, string | null, string | null]>(
      `SELECT DISTINCT service, version, environment ${recent}`,
      { since },
    );
    this.origins = new Set(origins.map((program) => JSON.stringify(program)));
  }

  /** @throws DatabaseError; another error if the calls cannot be written */
  async write(delivery: Delivery): Promise<void> {
    const { instance, number, calls } = delivery;
    if (calls.length === 0) return;
    const origin = storedOrigin(instance);
    const receipt = receiptOf(delivery);
    const isUntried = this.untried.get(instance.id) === number;
    this.untried.delete(instance.id);
    const stored = isUntried ? NONE : await this.storedOf(calls);
    const isStored = ({ id }: DeliveredCall): boolean => stored.has(uuidOf(id));
    const replaced = await this.replacedSums(calls.filter((call) => !isStored(call)));
    const counted = calls.filter((call) => !replaced.has(call));
    // All values are encoded before the first insert, so that a fault of a call leaves nothing behind.
    const callRows = counted.filter((call) => !isStored(call)).map((call) => callRowOf(call, origin));
    const rollupRows = this.rollupRows(this.tallyOf(counted), origin, receipt);
    const { connection, layout } = this.tables;
    if (callRows.length > 0)
      await connection.insert(layout.table('call'), Object.keys(CALL_COLUMNS), callRows, {
        token: `${receipt}-call`,
      });
    if (isUntried || !(await this.hasReceipt(receipt)))
      await connection.insert(layout.table('rollup'), Object.keys(ROLLUP_COLUMNS), rollupRows, {
        token: `${receipt}-rollup`,
      });
    this.untried.set(instance.id, number + 1);
  }

  /** Adds rollups of another store, once for each delivery. @throws DatabaseError */
  async writeRollups({ instance, number, rollups }: RollupDelivery): Promise<void> {
    const receipt = `${instance.id}-${number}-rollups`;
    if (await this.hasReceipt(receipt)) return;
    const { connection, layout } = this.tables;
    const rows = rowsOfRollups(rollups, this.series, this.knownProgram(storedOrigin(instance)), receipt);
    await connection.insert(layout.table('rollup'), Object.keys(ROLLUP_COLUMNS), rows, { token: receipt });
  }

  /** Subtracts calls from the rollups, once for each receipt. The calls must have no values of histograms. */
  async subtract(
    calls: ReadonlyArray<Pick<DeliveredCall, 'record'>>,
    of: CallOrigin,
    receipt: string,
  ): Promise<void> {
    if (await this.hasReceipt(receipt)) return;
    const tally = this.tallyOf(calls);
    tally.negate();
    const { connection, layout } = this.tables;
    const rows = this.rollupRows(tally, of, receipt);
    await connection.insert(layout.table('rollup'), Object.keys(ROLLUP_COLUMNS), rows, { token: receipt });
  }

  private rollupRows(tally: Tally, origin: CallOrigin, receipt: string): InsertRow[] {
    return rollupRowsOf(tally, this.series, this.knownProgram(origin), receipt);
  }

  private tallyOf(calls: ReadonlyArray<Pick<DeliveredCall, 'record'>>): Tally {
    const tally = new Tally(this.series);
    for (const { record } of calls) {
      const { feature, operation, provider, model } = record;
      tally.add(record, this.series.seriesOf(feature, operation, provider, model).rollup);
    }
    return tally;
  }

  /** Calls of too many programs have an unknown one in rollups. */
  private knownProgram(origin: CallOrigin): CallOrigin {
    const { service, version, environment } = origin;
    if (this.origins.size < MAX_ORIGINS || this.origins.has(JSON.stringify([service, version, environment])))
      return origin;
    return { ...origin, service: null, version: null, environment: null };
  }

  /** Returns the sums of batches whose items were recorded before the sum was delivered. */
  private async replacedSums(calls: readonly DeliveredCall[]): Promise<ReadonlySet<DeliveredCall>> {
    const replaced = new Set<DeliveredCall>();
    for (const call of calls) {
      const { batch } = call.record;
      if (batch?.item === null && (await this.hasItems(batch.id))) replaced.add(call);
    }
    return replaced;
  }

  /** Returns the ids of the calls that are stored. */
  private async storedOf(calls: readonly DeliveredCall[]): Promise<ReadonlySet<string>> {
    const { connection, layout } = this.tables;
    const parameters = new ParameterList();
    const ends = calls.map(({ id }) => endOfCallId(id));
    const processes = [...new Set(calls.map(({ id }) => uuidOf(id).slice(-PROCESS_DIGITS)))];
    const rowsOfRange = await connection.rows<[id: string]>(
      `SELECT id FROM ${layout.table('call')}
       WHERE ended_at >= ${parameters.time(Math.min(...ends))} AND ended_at <= ${parameters.time(Math.max(...ends))}
         AND right(toString(id), ${PROCESS_DIGITS}) IN ${parameters.add('Array(String)', processes)}`,
      parameters.all(),
    );
    return new Set(rowsOfRange.map(([id]) => id));
  }

  private async hasReceipt(receipt: string): Promise<boolean> {
    const { connection, layout } = this.tables;
    const rows = await connection.rows(
      `SELECT 1 FROM ${layout.table('rollup')} WHERE kind = ${ROW_KIND.receipt} AND name = {receipt:String} LIMIT 1`,
      { receipt },
    );
    return rows.length > 0;
  }
}
