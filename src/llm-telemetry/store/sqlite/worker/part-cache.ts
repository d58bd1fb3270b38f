import type { DatabaseSync } from 'node:sqlite';
import type { MeasureFilter, TimeRange } from '../../measures.js';
import { readParts, type CallPart, type PartLimits } from './call-parts.js';
import type { Names } from './names.js';

/** A page asks a dozen questions about the same calls, one after the other. */
const REMEMBERED_MS = 1000;
const REMEMBERED_AT_MOST_MS = 5000;
/** What is read faster than this is read again once there are new calls. */
const CHEAP_MS = 50;
/** The range of the page and the one before it, of two filters. */
const MAX_ENTRIES = 4;

interface Entry {
  readonly parts: readonly CallPart[];
  readonly tookMs: number;
  readonly until: number;
}

/**
 * Reads the parts of calls, once for questions that follow each other. In a busy application every question comes with
 * new calls: parts that took long to read are kept for a moment regardless, for twice as long as they took.
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
    const rememberedMs = Math.min(Math.max(REMEMBERED_MS, 2 * tookMs), REMEMBERED_AT_MOST_MS);
    this.entries.set(key, { parts, tookMs, until: now + rememberedMs });
    return parts;
  }

  /** Calls were written. Also lets go of what is not asked for any more. */
  clear(): void {
    const now = performance.now();
    for (const [key, { tookMs, until }] of this.entries)
      if (tookMs < CHEAP_MS || until <= now) this.entries.delete(key);
  }
}
