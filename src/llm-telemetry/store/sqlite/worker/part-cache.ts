import type { DatabaseSync } from 'node:sqlite';
import type { MeasureFilter, TimeRange } from '../../measures.js';
import { readParts, type CallPart, type PartLimits } from './call-parts.js';
import type { Names } from './names.js';

/** A page of the dashboard sends a dozen queries for the same calls. */
const MIN_TTL_MS = 1000;
const MAX_TTL_MS = 5000;
/** Entries that took less time to read are discarded when calls are written. */
const CHEAP_MS = 50;
/** The range of a page and the preceding one, for two filters. */
const MAX_ENTRIES = 4;

interface Entry {
  readonly parts: readonly CallPart[];
  readonly tookMs: number;
  readonly until: number;
}

/**
 * Caches the parts of calls for consecutive queries. A busy application writes calls between any two queries, so parts that
 * took long to read stay cached regardless, for twice as long as they took.
 */
export class PartCache {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly database: DatabaseSync,
    private readonly names: Names,
  ) {}

  /** @throws StoreQueryError if there are more calls than the limits allow */
  read(range: TimeRange, where: MeasureFilter, limits?: PartLimits): readonly CallPart[] {
    const key = JSON.stringify([range.from, range.to, where]);
    const start = performance.now();
    const known = this.entries.get(key);
    if (known && known.until > start) return known.parts;
    this.entries.delete(key);
    const [oldest] = this.entries.keys();
    if (oldest !== undefined && this.entries.size >= MAX_ENTRIES) this.entries.delete(oldest);
    const parts = readParts(this.database, this.names, range, where, limits);
    const now = performance.now();
    const tookMs = now - start;
    const rememberedMs = Math.min(Math.max(MIN_TTL_MS, 2 * tookMs), MAX_TTL_MS);
    this.entries.set(key, { parts, tookMs, until: now + rememberedMs });
    return parts;
  }

  /** Discards cheap and expired entries. Call it when calls are written. */
  clear(): void {
    const now = performance.now();
    for (const [key, { tookMs, until }] of this.entries)
      if (tookMs < CHEAP_MS || until <= now) this.entries.delete(key);
  }
}
