import type { GivenSeries } from '../support/promtool.js';

/** Amounts per minute: each applies from its minute until the next. */
export type Rates = ReadonlyArray<readonly [fromMinute: number, perMinute: number]>;

const SERVICE = { job: 'shop', instance: 'shop-1' };
const CALL = {
  ...SERVICE,
  llm_feature: 'orders',
  llm_operation: 'summarize',
  gen_ai_provider_name: 'openai',
  gen_ai_response_model: 'gpt-4o-mini',
};

/** Returns a function of the total counted until a minute. */
export function total(rates: Rates): (minute: number) => number {
  return (minute) =>
    rates.reduce((sum, [from, perMinute], index) => {
      const until = Math.min(minute, rates[index + 1]?.[0] ?? Infinity);
      return sum + Math.max(0, until - from) * perMinute;
    }, 0);
}

/** Returns a counter with these rates. Its series starts with the first count, as in the library. */
export function counter(
  metric: string,
  rates: Rates,
  labels: Readonly<Record<string, string>> = {},
): GivenSeries {
  const counted = total(rates);
  return {
    metric,
    labels: { ...CALL, ...labels },
    value: (minute) => (counted(minute) > 0 ? counted(minute) : null),
  };
}

/** Returns a series that starts with a value at a minute and does not change. */
export function bornWith(
  metric: string,
  minute: number,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): GivenSeries {
  return { metric, labels: { ...CALL, ...labels }, value: (now) => (now >= minute ? value : null) };
}

/** Returns the series `up` (scrape) and `target_info` (OTLP) of a process that starts at a minute. */
export function process(fromMinute = 0, instance = SERVICE.instance): readonly GivenSeries[] {
  return ['up', 'target_info'].map((metric) => ({
    metric,
    labels: { ...SERVICE, instance },
    value: (minute) => (minute >= fromMinute ? 1 : null),
  }));
}

const BOUNDARIES = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/** Returns the duration histogram and the counter of calls with these durations in seconds and rates. */
export function callsLasting(
  durations: ReadonlyArray<readonly [seconds: number, rates: Rates]>,
  labels: Readonly<Record<string, string>> = {},
): readonly GivenSeries[] {
  const upTo = (boundary: number) => (minute: number) =>
    durations.reduce((sum, [seconds, rates]) => sum + (seconds <= boundary ? total(rates)(minute) : 0), 0);
  const all = upTo(Infinity);
  const fromFirstCall = (value: (minute: number) => number) => (minute: number) =>
    all(minute) > 0 ? value(minute) : null;
  return [
    ...[...BOUNDARIES, Infinity].map((boundary) => ({
      metric: 'llm.call.duration:bucket',
      labels: { ...CALL, ...labels, le: boundary === Infinity ? '+Inf' : String(boundary) },
      value: fromFirstCall(upTo(boundary)),
    })),
    { metric: 'llm.calls', labels: { ...CALL, ...labels }, value: fromFirstCall(all) },
  ];
}
