import type { Measures } from '../../store/measures.js';
import type { AlertMeasure } from '../definitions/alert-definition.js';
import type { ConfiguredRule } from '../definitions/configured-rules.js';
import { untold, type AlertSources, type Reading } from './reading.js';
import { periodWords } from '../definitions/words.js';
import { readingsOf, windowOf } from './window.js';

/** A quantile of a duration, or a part of some calls: of enough calls. */
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
      return { ...untold(names, tooFew(calls, rule), value), limit };
    return { names, value, limit, untold: null, note: null };
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
  return `Only ${calls} of the ${minimum} calls in ${periodWords(windowMs)} that it takes to tell.`;
}
