import { isOfModelOfCall, modelOfAttempt } from '../../calls/outcome.js';
import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import { HOUR, MINUTE } from '../../units/time.js';
import { LogHistogram } from '../log-histogram.js';
import { HISTOGRAM_MEASURES, HISTOGRAM_TABLE } from '../measure-table.js';
import {
  addCall,
  addErrors,
  addErrorSums,
  addStoredSums,
  ERROR_PLACES,
  errorSumsOf,
  noSums,
  type ErrorsByType,
} from '../sums.js';
import type { StoredMeasures } from './backend.js';
import { storedEndOf } from './call-columns.js';
import { floorTo, nextLonger, type RollupLength } from './rollup-ranges.js';
import { KIND, type Kind, type SeriesLookup } from './series.js';

/** Values to add to one rollup. */
export class Cell {
  readonly sums = noSums();
  /** In the order of `HISTOGRAM_MEASURES`. */
  readonly histograms = HISTOGRAM_MEASURES.map(() => new LogHistogram());
  readonly errors: ErrorsByType = new Map();

  addStored({ sums, histograms }: StoredMeasures): void {
    addStoredSums(this.sums, sums);
    for (const [index, own] of this.histograms.entries()) own.mergeBytes(histograms[index]!);
  }

  add(other: Cell): void {
    addStoredSums(this.sums, other.sums);
    for (const [index, histogram] of other.histograms.entries()) this.histograms[index]!.merge(histogram);
    for (const [type, sums] of other.errors) addErrorSums(errorSumsOf(this.errors, type), sums);
  }

  negate(): void {
    for (const [index, sum] of this.sums.entries()) this.sums[index] = -sum;
    for (const errors of this.errors.values()) for (const name of ERROR_PLACES) errors[name] = -errors[name];
  }
}

/** Cells by start and series. */
export class Cells {
  private readonly byStart = new Map<number, Map<number, Cell>>();

  at(start: number, series: number): Cell {
    let cells = this.byStart.get(start);
    if (!cells) this.byStart.set(start, (cells = new Map()));
    let cell = cells.get(series);
    if (!cell) cells.set(series, (cell = new Cell()));
    return cell;
  }

  *all(): Generator<{ readonly start: number; readonly series: number; readonly cell: Cell }> {
    for (const [start, cells] of this.byStart)
      for (const [series, cell] of cells) yield { start, series, cell };
  }

  /** Downsamples to a longer rollup length. */
  downsample(length: RollupLength): Cells {
    const longer = new Cells();
    for (const { start, series, cell } of this.all()) longer.at(floorTo(start, length), series).add(cell);
    return longer;
  }
}

/** The shortest rollups of each kind; those of routes and tenants are longer, because there can be many of them. */
export const SHORTEST_LENGTH: Readonly<Record<Kind, RollupLength>> = {
  [KIND.model]: MINUTE,
  [KIND.route]: HOUR,
  [KIND.tenant]: HOUR,
};

/** Cells of one kind of series, of one length. */
export interface TalliedCells {
  readonly kind: Kind;
  readonly length: RollupLength;
  readonly cells: Cells;
}

/** Adds up the calls of one batch, by the series that count them. */
export class Tally {
  private readonly byKind: Readonly<Record<Kind, Cells>> = {
    [KIND.model]: new Cells(),
    [KIND.route]: new Cells(),
    [KIND.tenant]: new Cells(),
  };

  constructor(private readonly lookup: SeriesLookup) {}

  /** Adds a call. `series`: the one that counts the calls of its names. */
  add(record: CallRecord, series: number): void {
    const { feature, operation, route, identity } = record;
    const end = storedEndOf(record);
    const minute = floorTo(end, MINUTE);
    const ofModels = this.byKind[KIND.model];
    const ofCall = ofModels.at(minute, series);
    const ofAttempt = (attempt: AttemptRecord): Cell => {
      if (isOfModelOfCall(attempt, record)) return ofCall;
      const model = modelOfAttempt(attempt);
      const { rollup } = this.lookup.seriesOf(feature, operation, attempt.provider, model);
      return ofModels.at(minute, rollup);
    };
    addToCells(record, ofCall, ofAttempt);
    for (const [kind, name] of [
      [KIND.route, route],
      [KIND.tenant, identity.tenantId ?? null],
    ] as const) {
      if (name === null) continue;
      const { rollup } = this.lookup.seriesOfGroup(kind, name);
      const cell = this.byKind[kind].at(floorTo(end, HOUR), rollup);
      addCall(record, cell.sums, () => cell.sums);
    }
  }

  /** Makes the added calls be subtracted from stored rollups. Only for calls without values of histograms. */
  negate(): void {
    for (const cells of Object.values(this.byKind)) for (const { cell } of cells.all()) cell.negate();
  }

  /** Returns the cells of the shortest rollups of each kind. */
  shortest(): readonly TalliedCells[] {
    return Object.values(KIND).map((kind) => ({
      kind,
      length: SHORTEST_LENGTH[kind],
      cells: this.byKind[kind],
    }));
  }

  /** Returns the cells of all lengths, the longest of each kind first. */
  allLengths(): readonly TalliedCells[] {
    return this.shortest().flatMap(allLengthsOf);
  }
}

/** Returns cells together with those of all longer lengths, the longest first. */
export function allLengthsOf(shorter: TalliedCells): readonly TalliedCells[] {
  const { kind, length, cells } = shorter;
  const longer = nextLonger(length);
  if (longer === length) return [shorter];
  return [...allLengthsOf({ kind, length: longer, cells: cells.downsample(longer) }), shorter];
}

function addToCells(record: CallRecord, ofCall: Cell, ofAttempt: (attempt: AttemptRecord) => Cell): void {
  addCall(record, ofCall.sums, (attempt) => ofAttempt(attempt).sums);
  for (const [index, name] of HISTOGRAM_MEASURES.entries()) {
    const value = HISTOGRAM_TABLE[name](record);
    if (value !== null) ofCall.histograms[index]!.add(value);
  }
  addErrors(record, ofCall.errors, (attempt) => ofAttempt(attempt).errors);
}
