import type { AlertName } from '../../../src/llm-telemetry/alerts/definitions/alert.js';
import { bornWith, callsLasting, counter, process } from './traffic.js';
import { DAY, HOUR, OF_FEATURE, OF_MODEL, OF_OPERATION, OF_SERVICE, type RuleCase } from './rule-case.js';
import { ratioCases } from './ratio-cases.js';
import { COST_SPIKE } from './cost-spike-cases.js';

/** Cases by alert: when it fires, does not fire and resolves. `budget_burn` has no metrics. */
export const CASES: Readonly<Record<Exclude<AlertName, 'budget_burn'>, readonly RuleCase[]>> = {
  high_latency: [
    {
      name: 'fires if 2 % of calls exceed the limit for two minutes, and resolves',
      minutes: 40,
      series: [
        ...process(),
        ...callsLasting([
          [1, [[0, 49]]],
          [
            15,
            [
              [10, 1],
              [20, 0],
            ],
          ],
        ]),
      ],
      firing: [
        [9, []],
        [11, []],
        [19, [OF_OPERATION]],
        [35, []],
      ],
    },
    {
      name: 'fires on the sum of two processes, and not for another operation',
      minutes: 20,
      series: [
        ...process(),
        ...process(0, 'shop-2'),
        ...callsLasting([[15, [[2, 3]]]]),
        ...callsLasting([[15, [[2, 3]]]], { instance: 'shop-2' }),
        ...callsLasting([[1, [[2, 30]]]], { llm_operation: 'classify' }),
      ],
      firing: [[15, [OF_OPERATION]]],
    },
    {
      name: 'does not fire if all calls are just below the limit, although interpolation exceeds it',
      minutes: 20,
      series: [...process(), ...callsLasting([[9.9, [[0, 30]]]])],
      firing: [[15, []]],
    },
    {
      name: 'does not fire on fewer than 20 calls',
      minutes: 20,
      series: [...process(), ...callsLasting([[15, [[0, 3]]]])],
      firing: [[15, []]],
    },
  ],
  truncation_spike: ratioCases('llm.truncated', {}, OF_MODEL, { gen_ai_response_model: 'gpt-4o' }),
  rate_limiting: [
    {
      name: 'fires if more than 10 requests a minute are rate-limited for two minutes, and resolves',
      minutes: 50,
      series: [
        ...process(),
        rateLimited([
          [5, 11],
          [25, 0],
        ]),
      ],
      firing: [
        [4, []],
        [20, [OF_SERVICE]],
        [40, []],
      ],
    },
    {
      name: 'fires on the sum of rate-limited requests of two models',
      minutes: 30,
      series: [
        ...process(),
        rateLimited([[5, 6]]),
        rateLimited([[5, 6]], { gen_ai_response_model: 'gpt-4o', llm_is_retry: 'true' }),
      ],
      firing: [[20, [OF_SERVICE]]],
    },
    {
      name: 'does not fire at 10 requests a minute or on other errors',
      minutes: 30,
      series: [
        ...process(),
        rateLimited([[5, 10]]),
        counter('llm.attempts', [[5, 50]], { llm_error_type: 'timeout', llm_is_retry: 'false' }),
      ],
      firing: [[20, []]],
    },
  ],
  cost_spike: COST_SPIKE,
  content_filter: [
    {
      name: 'fires on the fourth filtered call in an hour, and resolves after an hour',
      minutes: 150,
      series: [...process(), ...[10, 20, 30, 40].map((at, index) => filtered(at, 1, `feature-${index}`))],
      firing: [
        [39, []],
        [42, [OF_SERVICE]],
        [65, [OF_SERVICE]],
        [110, []],
      ],
    },
    // https://github.com/prometheus/prometheus/issues/1673: increase() ignores the first value of a new series.
    {
      name: 'fires on a new counter with a first value of four',
      minutes: 30,
      series: [...process(), filtered(10, 4)],
      firing: [[12, [OF_SERVICE]]],
    },
    {
      name: 'does not fire on three filtered calls, or on three more after an hour',
      minutes: 150,
      series: [...process(), filtered(10, 3), filtered(80, 3, 'support')],
      firing: [
        [12, []],
        [60, []],
        [82, []],
        [140, []],
      ],
    },
    {
      name: 'does not fire on three filtered calls if the counter starts at one and the next sample adds two',
      minutes: 30,
      series: [
        ...process(),
        { ...filtered(10, 0), value: (minute) => (minute < 10 ? null : minute > 10 ? 3 : 1) },
      ],
      firing: [
        [10, []],
        [11, []],
        [12, []],
        [20, []],
      ],
    },
    // https://github.com/prometheus/prometheus/issues/3886: the first value is not an increase if the process is new.
    {
      name: 'does not fire on calls counted before the first scrape of a process',
      minutes: 90,
      series: [...process(10), filtered(10, 50)],
      firing: [
        [12, []],
        [70, []],
      ],
    },
    {
      name: 'does not fire on a counter reset after a restart of the process',
      minutes: 90,
      series: [
        ...process(),
        {
          ...filtered(0, 0),
          value: (minute) => (minute < 60 ? 50 : minute < 70 ? null : Math.min(2, Math.floor(minute - 69))),
        },
      ],
      firing: [
        [59, []],
        [65, []],
        [80, []],
      ],
    },
  ],
  error_ratio: ratioCases('llm.errors', { llm_error_type: 'timeout' }, OF_FEATURE, {
    llm_feature: 'support',
  }),
  unpriced_calls: [
    {
      name: 'fires on the first unpriced call, and resolves after an hour',
      minutes: 100,
      series: [...process(), bornWith('llm.unpriced', 10, 1)],
      firing: [
        [9, []],
        [11, [OF_SERVICE]],
        [65, [OF_SERVICE]],
        [90, []],
      ],
    },
    {
      name: 'does not fire without unpriced calls',
      minutes: 30,
      series: [...process(), bornWith('llm.unpriced', 10, 0)],
      firing: [[20, []]],
    },
  ],
  missing_usage: [
    {
      name: 'fires if 2 % of calls lack usage for 15 minutes, and resolves',
      minutes: 240,
      series: [
        ...process(),
        counter('llm.calls', [[0, 10]]),
        counter('llm.attempts', [[0, 10]], { llm_is_retry: 'false' }),
        counter('llm.usage_missing', [
          [60, 0.2],
          [120, 0],
        ]),
      ],
      firing: [
        [60, []],
        [119, [OF_SERVICE]],
        [200, []],
      ],
    },
    {
      name: 'ignores failed attempts in the ratio',
      minutes: 120,
      series: [
        ...process(),
        counter('llm.calls', [[0, 30]]),
        counter('llm.attempts', [[0, 10]], { llm_is_retry: 'false' }),
        counter('llm.attempts', [[0, 20]], { llm_is_retry: 'false', llm_error_type: 'server_error' }),
        counter('llm.usage_missing', [[0, 0.2]]),
      ],
      firing: [[110, [OF_SERVICE]]],
    },
    {
      name: 'does not fire at 1 % of calls',
      minutes: 120,
      series: [
        ...process(),
        counter('llm.calls', [[0, 10]]),
        counter('llm.attempts', [[0, 10]], { llm_is_retry: 'false' }),
        counter('llm.usage_missing', [[0, 0.1]]),
      ],
      firing: [[110, []]],
    },
    {
      name: 'does not fire on fewer than 20 successful attempts',
      minutes: 120,
      series: [
        ...process(),
        counter('llm.calls', [[0, 0.3]]),
        counter('llm.attempts', [[0, 0.3]], { llm_is_retry: 'false' }),
        counter('llm.usage_missing', [[0, 0.1]]),
      ],
      firing: [[110, []]],
    },
  ],
  traffic_gone: [
    {
      name: 'fires if a feature had calls a week before and has none now, and resolves when calls resume',
      minutes: 7 * DAY + 3 * HOUR,
      everySeconds: 240,
      evaluatedEverySeconds: 600,
      series: [
        ...process(),
        counter('llm.calls', [
          [1, 2],
          [7 * DAY, 0],
          [7 * DAY + 90, 2],
        ]),
      ],
      firing: [
        [7 * DAY + 20, []],
        [7 * DAY + 60, [OF_FEATURE]],
        [7 * DAY + 100, []],
      ],
    },
    {
      name: 'fires if the series of the calls disappear',
      minutes: 7 * DAY + 3 * HOUR,
      everySeconds: 240,
      evaluatedEverySeconds: 600,
      series: [
        ...process(),
        {
          ...counter('llm.calls', [[1, 2]]),
          value: (minute) => (minute < 1 || minute > 7 * DAY ? null : minute * 2),
        },
      ],
      firing: [[7 * DAY + 60, [OF_FEATURE]]],
    },
    {
      name: 'does not fire if there were few calls a week before, or without a week of history',
      minutes: 7 * DAY + 2 * HOUR,
      everySeconds: 240,
      evaluatedEverySeconds: 600,
      series: [
        ...process(),
        counter('llm.calls', [
          [1, 0.5],
          [7 * DAY, 0],
        ]),
        counter(
          'llm.calls',
          [
            [2 * DAY, 5],
            [7 * DAY, 0],
          ],
          { llm_feature: 'support' },
        ),
      ],
      firing: [[7 * DAY + 60, []]],
    },
  ],
};

function rateLimited(rates: Parameters<typeof counter>[1], labels = {}) {
  return counter('llm.attempts', rates, { llm_error_type: 'rate_limit', llm_is_retry: 'false', ...labels });
}

function filtered(minute: number, count: number, feature = 'orders') {
  return bornWith('llm.errors', minute, count, { llm_error_type: 'content_filter', llm_feature: feature });
}
