import { counter, process } from './traffic.js';
import { DAY, HOUR, OF_FEATURE, type RuleCase } from './rule-case.js';

/** Cases of the alert `cost_spike`. */
export const COST_SPIKE: readonly RuleCase[] = [
  {
    name: 'fires on more than twice the mean of the previous 24 hours, and resolves',
    minutes: 30 * HOUR,
    everySeconds: 240,
    series: [
      ...process(),
      spent([
        [5, 0.5],
        [26 * HOUR, 1.2],
        [27 * HOUR, 0.5],
      ]),
    ],
    firing: [
      [26 * HOUR, []],
      [27 * HOUR, [OF_FEATURE]],
      [29 * HOUR, []],
    ],
  },
  {
    name: 'does not fire just below twice the usual cost',
    minutes: 28 * HOUR,
    everySeconds: 240,
    series: [
      ...process(),
      spent([
        [5, 0.5],
        [26 * HOUR, 0.95],
      ]),
    ],
    firing: [
      [27 * HOUR, []],
      [28 * HOUR, []],
    ],
  },
  {
    name: 'does not fire on costs below the minimum',
    minutes: 28 * HOUR,
    everySeconds: 240,
    series: [
      ...process(),
      spent([
        [5, 0.01],
        [26 * HOUR, 0.09],
      ]),
    ],
    firing: [[27 * HOUR, []]],
  },
  {
    name: 'does not fire with five hours of history',
    minutes: 7 * HOUR,
    everySeconds: 240,
    series: [
      ...process(),
      spent([
        [5, 0.5],
        [5 * HOUR, 5],
      ]),
    ],
    firing: [[6 * HOUR, []]],
  },
  {
    name: 'fires with seven hours of history, compared with their mean',
    minutes: 9 * HOUR,
    everySeconds: 240,
    series: [
      ...process(),
      spent([
        [5, 0.5],
        [8 * HOUR, 1.2],
      ]),
    ],
    firing: [
      [8 * HOUR, []],
      [9 * HOUR, [OF_FEATURE]],
    ],
  },
  {
    name: 'does not fire on a daily peak, and fires on more than twice that peak',
    minutes: 9 * DAY,
    everySeconds: 240,
    series: [
      ...process(),
      spent([
        ...Array.from({ length: 8 }, (_, day) => day).flatMap((day): Array<readonly [number, number]> => [
          [day * DAY + 1, 0.2],
          [day * DAY + 12 * HOUR, 5],
          [day * DAY + 14 * HOUR, 0.2],
        ]),
        [8 * DAY + 12 * HOUR, 12],
      ]),
    ],
    firing: [
      [7 * DAY + 13 * HOUR + 30, []],
      [8 * DAY + 13 * HOUR, [OF_FEATURE]],
    ],
  },
];

/** Returns the series of a cost at these rates in USD per hour. */
function spent(rates: Parameters<typeof counter>[1]) {
  return counter(
    'llm.cost',
    rates.map(([from, perHour]) => [from, perHour / HOUR] as const),
  );
}
