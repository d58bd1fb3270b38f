import type { Measures } from '../../store/measures.js';
import type { AlertMeasure } from '../definitions/alert-definition.js';
import type { ConfiguredRule } from '../definitions/configured-rules.js';
import { inconclusive, type AlertSources, type Reading } from './reading.js';
import { formatPeriod } from '../../units/format.js';
import { readingsOf, windowOf } from './window.js';

/** Reads a quantile or a share, if there are enough calls. */
export async function readCalls(
  rule: ConfiguredRule,
  measure: Extract<AlertMeasure, { kind: 'quantile' | 'share' }>,
  { store }: AlertSources,
  now: number,
): Promise<readonly Reading[]> {
  const { groups } = await store.measure({
    range: windowOf(rule, now),
    by: rule.by,
    mergeVersions: true,
    quantiles: measure.kind === 'quantile',
  });
  return readingsOf(rule, groups, ({ names, measures }, limit) => {
    const calls = callsOf(measure, measures);
    const value = measure.kind === 'quantile' ? quantileOf(measure, measures) : shareOf(measure, measures);
    if (calls < rule.minimum || value === null)
      return { ...inconclusive(names, tooFew(calls, rule), value), limit };
    return { names, value, limit, inconclusive: null, note: null };
  });
}

type CallsMeasure = Extract<AlertMeasure, { kind: 'quantile' | 'share' }>;

function callsOf(measure: CallsMeasure, measures: Measures): number {
  return measure.kind === 'quantile' ? (measures[measure.of]?.count ?? 0) : measures[measure.among];
}

function quantileOf(measure: Extract<CallsMeasure, { kind: 'quantile' }>, measures: Measures): number | null {
  return measures[measure.of]?.[measure.quantile] ?? null;
}

function shareOf(measure: Extract<CallsMeasure, { kind: 'share' }>, measures: Measures): number | null {
  const among = measures[measure.among];
  return among === 0 ? null : measures[measure.of] / among;
}

function tooFew(calls: number, { minimum, windowMs }: ConfiguredRule): string {
  return `Too few calls: ${calls} in ${formatPeriod(windowMs)}, at least ${minimum} required.`;
}
