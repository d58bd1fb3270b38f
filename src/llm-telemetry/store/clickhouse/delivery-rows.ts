import { createHash } from 'node:crypto';
import { costReasonCodeOf } from '../../calls/outcome.js';
import { boundedName } from '../../text/bounded-name.js';
import { SECOND } from '../../units/time.js';
import { endOfCallId, type CallId } from '../call-id.js';
import type { CallOrigin } from '../call-origin.js';
import { callColumns, storedTime } from '../core/call-columns.js';
import type { RollupLength } from '../core/rollup-ranges.js';
import { KIND, type Kind } from '../core/series.js';
import type { DeliveredCall, DeliveredRollup, Delivery } from '../core/shared-backend.js';
import { Cell, type Tally, type TalliedCells } from '../core/tally.js';
import type { InsertRow } from './connection.js';
import { ROW_KIND } from './layout.js';
import type { NamesOfSeries, SeriesRegistry } from './series-registry.js';
import { storedStart, timeText } from './sql.js';
import { mapOfErrorSums, mapOfHistogram, mapOfSums } from './stored-maps.js';

/** Larger numbers of tokens are not stored exactly. */
const MAX_TOKENS = Number.MAX_SAFE_INTEGER;
/** Within Decimal(38, 12). */
const MAX_USD = 1e25;

/** The program and the process of a call, as they are stored. */
export function storedOrigin({ service, version, environment, instance }: CallOrigin): CallOrigin {
  return {
    service: stored(service),
    version: stored(version),
    environment: stored(environment),
    instance: stored(instance),
  };
}

/** Returns a row of the table `call`. */
export function callRowOf({ id, record, text }: DeliveredCall, origin: CallOrigin): InsertRow {
  const { outcome, flags, durationMs, costUsd, tokens, user } = callColumns(record);
  return [
    timeText(storedTime(endOfCallId(id))),
    uuidOf(id),
    origin.service,
    origin.version,
    origin.environment,
    origin.instance,
    boundedName(record.feature),
    boundedName(record.operation),
    bounded(record.provider),
    bounded(record.model),
    bounded(record.route),
    bounded(record.identity.tenantId ?? null),
    String(user),
    boundedName(outcome),
    flags,
    durationMs,
    costUsd === null ? null : decimalOf(costUsd),
    costReasonCodeOf(record),
    tokens === null ? null : String(Math.round(Math.min(MAX_TOKENS, Math.max(0, tokens)))),
    text,
  ];
}

/** Formats an amount in USD as a value of the column `cost_usd`. */
export function decimalOf(usd: number): string {
  const bounded = Math.min(MAX_USD, Math.max(-MAX_USD, usd));
  return Math.abs(bounded) < 1e21 ? bounded.toFixed(12) : String(BigInt(bounded));
}

/** Returns the rows of the table `rollup` that add a tally, with the receipt. */
export function rollupRowsOf(
  tally: Tally,
  series: SeriesRegistry,
  origin: CallOrigin,
  receipt: string,
): InsertRow[] {
  const rows = tally
    .allLengths()
    .flatMap(({ kind, length, cells }: TalliedCells) =>
      [...cells.all()].flatMap(({ start, series: id, cell }) =>
        rowsOfCell(cell, { kind, length, start, names: series.namesOf(id) }, origin),
      ),
    );
  return [...rows, receiptRow(receipt)];
}

/** Returns the rows that add rollups of another store, with the receipt. */
export function rowsOfRollups(
  rollups: readonly DeliveredRollup[],
  series: SeriesRegistry,
  origin: CallOrigin,
  receipt: string,
): InsertRow[] {
  const rows = rollups.flatMap((rollup) => {
    const { kind, length, start, names, errors } = rollup;
    const cell = new Cell();
    cell.addStored(rollup);
    for (const [type, sums] of errors) cell.errors.set(type, sums);
    const { feature, operation, provider = null, model = null, route, tenant } = names;
    const { rollup: id } =
      kind === KIND.model
        ? series.seriesOf(feature ?? '', operation ?? '', provider, model)
        : series.seriesOfGroup(kind, (kind === KIND.route ? route : tenant) ?? '');
    return rowsOfCell(cell, { kind, length, start, names: series.namesOf(id) }, origin);
  });
  return [...rows, receiptRow(receipt)];
}

/** What identifies a rollup within its program. */
interface RollupKey {
  readonly kind: Kind;
  readonly length: RollupLength;
  /** Unix milliseconds. */
  readonly start: number;
  readonly names: NamesOfSeries;
}

function rowsOfCell(
  cell: Cell,
  { kind, length, start, names }: RollupKey,
  { service, version, environment }: CallOrigin,
): InsertRow[] {
  const time = [length / SECOND, storedStart(start), service, version, environment];
  const [feature, operation, provider, model] = names;
  const ofSeries = kind === KIND.model ? [feature, operation, provider, model] : NO_NAMES;
  const name = kind === KIND.model ? null : names[0];
  const own: InsertRow = [kind, ...time, ...ofSeries, name, mapOfSums(cell.sums), ...histogramsOf(cell)];
  return [own, ...errorRowsOf(cell, time, ofSeries as NamesOfSeries)];
}

function receiptRow(receipt: string): InsertRow {
  const now = Math.floor(Date.now() / SECOND);
  return [ROW_KIND.receipt, 0, now, null, null, null, ...NO_NAMES, receipt, NO_MAP, NO_MAP, NO_MAP];
}

/** Identifies a delivery, and with it each of its inserts. Parts of a delivery that was split have receipts of their own. */
export function receiptOf({ instance, number, calls }: Delivery): string {
  const hash = createHash('sha1');
  for (const { id } of calls) hash.update(id);
  return `${instance.id}-${number}-${hash.digest('hex').slice(0, 12)}`;
}

/** Returns an id as a UUID, also of calls that are written as numbers elsewhere. */
export function uuidOf(id: CallId): string {
  const hex = Buffer.from(id.buffer, id.byteOffset, 16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Returns the id of a UUID that the database returned. */
export function idOfUuid(uuid: string): CallId {
  return new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

const NO_NAMES: NamesOfSeries = [null, null, null, null];
const NO_MAP = {};

function errorRowsOf({ errors }: Cell, time: InsertRow, names: NamesOfSeries): InsertRow[] {
  return [...errors].map(([type, sums]) => [
    ROW_KIND.error,
    ...time,
    ...names,
    boundedName(type),
    mapOfErrorSums(sums),
    NO_MAP,
    NO_MAP,
  ]);
}

function histogramsOf(cell: Cell): InsertRow {
  return cell.histograms.map(mapOfHistogram);
}

/** An empty name counts as no name, as in SQLite. */
function stored(name: string | null): string | null {
  return name === null || name === '' ? null : boundedName(name);
}

function bounded(name: string | null): string | null {
  return name === null ? null : boundedName(name);
}
