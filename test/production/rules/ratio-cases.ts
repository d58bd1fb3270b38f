import { counter, process } from './traffic.js';
import type { RuleCase } from './rule-case.js';

/** Length of a case in which nothing fires. */
const QUIET_MINUTES = 50;

/** Returns the cases of an alert on the ratio of `metric` to all calls, with a limit of 5 %. */
export function ratioCases(
  metric: string,
  labels: Readonly<Record<string, string>>,
  fires: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): readonly RuleCase[] {
  const minutes = QUIET_MINUTES;
  return [
    {
      name: 'fires on more than 5 % of calls for five minutes, only for these labels, and resolves',
      minutes: 80,
      series: [
        ...process(),
        counter('llm.calls', [[0, 10]]),
        counter(
          metric,
          [
            [20, 0.8],
            [45, 0],
          ],
          labels,
        ),
        counter('llm.calls', [[0, 10]], other),
      ],
      firing: [
        [19, []],
        [40, [fires]],
        [75, []],
      ],
    },
    {
      name: 'does not fire at 5 % of calls',
      minutes,
      series: [...process(), counter('llm.calls', [[0, 10]]), counter(metric, [[0, 0.5]], labels)],
      firing: [[40, []]],
    },
    {
      name: 'does not fire on fewer than 20 calls',
      minutes,
      series: [...process(), counter('llm.calls', [[0, 1]]), counter(metric, [[0, 1]], labels)],
      firing: [[40, []]],
    },
  ];
}
