import type { DatabaseSync } from 'node:sqlite';
import type { MeasureFilter, TimeRange } from '../measures.js';
import { readParts, type CallPart, type PartLimits } from './call-parts.js';
import type { Names } from './names.js';

/** A page asks a dozen questions about the same calls within this time. */
const REMEMBERED_MS = 1000;
/** The range of the page and the one before it, of two filters. */
const MAX_ENTRIES = 4;

/** Reads the parts of calls, once for questions that follow each other. */
export class PartCache {
  private readonly entries = new Map<
    string,
    { readonly parts: readonly CallPart[]; readonly until: number }
  >();

  constructor(
    private readonly database: DatabaseSync,
    private readonly names: Names,
  ) {}

  /** @throws StoreQueryError if there are more calls than the limits allow */
  read(range: TimeRange, where: MeasureFilter, limits?: PartLimits): readonly CallPart[] {
    const key = JSON.stringify([range.from, range.to, where]);
    const now = performance.now();
    const known = this.entries.get(key);
    if (known && known.until > now) return known.parts;
    this.entries.delete(key);
    const [oldest] = this.entries.keys();
    if (oldest !== undefined && this.entries.size >= MAX_ENTRIES) this.entries.delete(oldest);
    const parts = readParts(this.database, this.names, range, where, limits);
    this.entries.set(key, { parts, until: performance.now() + REMEMBERED_MS });
    return parts;
  }

  /** Calls were written or deleted, or the memory is needed. */
  clear(): void {
    this.entries.clear();
  }
}
