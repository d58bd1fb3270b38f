import type { TimeRange } from '../../src/llm-telemetry/dashboard/api/index.js';
import { DIMENSIONS } from '../../src/llm-telemetry/store/measures.js';
import { FixtureTraffic, type Where } from './fixture-traffic.js';

export type FixtureState = 'busy' | 'calm' | 'empty' | 'missed' | 'memory';

export interface Question {
  readonly range: TimeRange;
  readonly where: Where;
  readonly query: URLSearchParams;
  readonly traffic: FixtureTraffic;
  readonly now: number;
  readonly state: FixtureState;
}

export function periodBefore({ from, to }: TimeRange): TimeRange {
  return { from: from - (to - from), to: from };
}

export function bucketsIn({ from, to }: TimeRange): { bucketMs: number; at: number[] } {
  const minutes =
    [1, 5, 15, 30, 60, 120, 180, 360].find((length) => (to - from) / length / 60_000 <= 120) ?? 720;
  const bucketMs = minutes * 60_000;
  const first = Math.floor(from / bucketMs) * bucketMs;
  return {
    bucketMs,
    at: Array.from({ length: Math.ceil((to - first) / bucketMs) }, (_, index) => first + index * bucketMs),
  };
}

export function whereIn(query: URLSearchParams): Where {
  const where: Record<string, string[]> = {};
  for (const name of DIMENSIONS) if (query.has(name)) where[name] = query.getAll(name);
  return where;
}
