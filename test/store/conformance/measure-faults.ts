import type { MeasuredGroup, MeasureQuery, MeasureResult, Measures } from 'nestjs-llm-telemetry/store';
import { ignoring, type Fault, type FaultRow } from './fault.js';

const mapMeasures =
  (change: (measures: Measures, group: MeasuredGroup, query: MeasureQuery) => Measures): Fault =>
  (store) => ({
    measure: async (query) => {
      const result = await store.measure(query);
      return {
        ...result,
        groups: result.groups.map((group) => ({ ...group, measures: change(group.measures, group, query) })),
      };
    },
  });

const mapResult =
  (change: (result: MeasureResult, query: MeasureQuery) => MeasureResult): Fault =>
  (store) => ({ measure: async (query) => change(await store.measure(query), query) });

export const MEASURE_FAULTS: readonly FaultRow[] = [
  [
    'rounds costs to a billionth of a dollar',
    'adds a thousand costs',
    mapMeasures((measures) => ({ ...measures, costUsd: Math.round(measures.costUsd * 1e9) / 1e9 })),
  ],
  [
    'adds costs in doubles',
    'adds a thousand costs',
    mapMeasures((measures, { buckets }) => ({
      ...measures,
      costUsd:
        buckets.length > 0
          ? buckets.reduce((sum, bucket) => sum + bucket.measures.costUsd, 0)
          : measures.costUsd * 1.000_000_000_000_000_2,
    })),
  ],
  [
    'adds costs in doubles of 10⁻¹² USD',
    'adds ten million dollars of one series',
    mapMeasures((measures) => ({
      ...measures,
      // The double next to the sum of units.
      retryCostUsd: measures.retryCostUsd * (1 + Number.EPSILON),
    })),
  ],
  [
    'adds times in doubles',
    'adds ten million dollars of one series',
    mapMeasures((measures) => ({
      ...measures,
      retryTimeMs: measures.retryTimeMs * (1 + Number.EPSILON),
    })),
  ],
  [
    'matches a model only exactly',
    'matches the versions of a model',
    mapResult((result, { where }) =>
      where?.model?.[0] === 'gpt-4o-mini' ? { ...result, groups: [] } : result,
    ),
  ],
  [
    'has quantiles with an error of 3 %',
    'returns quantiles within 1 %',
    mapMeasures((measures) => ({
      ...measures,
      duration: measures.duration && { ...measures.duration, p99: measures.duration.p99 * 1.03 },
    })),
  ],
  [
    'leaves out the current minute',
    'includes the current minute',
    (store) => ({
      measure: ({ range, ...query }) =>
        store.measure({
          ...query,
          range: { from: range.from - 60_000, to: Math.floor(Date.now() / 60_000) * 60_000 - 60_000 },
        }),
    }),
  ],
  [
    'reports the requested range instead of the measured one',
    'measures all calls of a range',
    mapResult((result, { range }) => ({ ...result, range })),
  ],
  [
    'ignores the offset of buckets',
    'measures over time in buckets',
    (store) => ({ measure: ({ bucketOffsetMs: _ignored, ...query }) => store.measure(query) }),
  ],
  [
    'leaves out calls without a route',
    'measures calls without a route or a tenant',
    mapResult((result) => ({
      ...result,
      groups: result.groups.filter(({ names }) => names.route !== null),
    })),
  ],
  [
    'does not merge the versions of a model',
    'merges the versions of a model',
    (store) => ({ measure: ({ mergeVersions: _ignored, ...query }) => store.measure(query) }),
  ],
  [
    'does not add up the groups outside the top',
    'limits buckets to the top groups',
    mapResult((result) => ({ ...result, ...(result.others && { others: [] }) })),
  ],
  [
    'sorts groups by calls',
    'sorts groups by cost',
    mapResult((result) => ({
      ...result,
      groups: result.groups.toSorted((one, other) => other.measures.calls - one.measures.calls),
    })),
  ],
  [
    'counts attempts that failed as calls that failed',
    'counts errors of calls and attempts',
    (store) => ({
      errors: async (query) => {
        const result = await store.errors(query);
        return { ...result, types: result.types.map((type) => ({ ...type, calls: type.attempts })) };
      },
    }),
  ],
  [
    'miscounts the calls of models without a price',
    'lists models without a price',
    (store) => ({
      unpriced: async (query) =>
        (await store.unpriced(query)).map((model) => ({ ...model, calls: model.calls + 1 })),
    }),
  ],
  [
    'accepts buckets of no length',
    'rejects invalid measures',
    (store) => ({
      measure: ({ bucketMs, ...query }) => store.measure({ ...query, ...(bucketMs && { bucketMs }) }),
    }),
  ],
  [
    'does not count the calls of names that it does not list',
    'counts calls of more names',
    mapResult((result) => ({
      ...result,
      groups: result.groups.filter(({ names }) => !Object.values(names).includes('other')),
    })),
  ],
  [
    'has no group while it is empty',
    'returns no calls, no errors and one group of zeros',
    mapResult((result) => ({
      ...result,
      groups: result.groups.filter(({ measures }) => measures.calls > 0),
    })),
  ],
  [
    'measures some calls only once others were added',
    'returns consistent pages and sums',
    (store) => {
      let queries = 0;
      return {
        measure: async (query) => {
          const result = await store.measure(query);
          return ++queries === 3 ? { ...result, groups: [] } : result;
        },
      };
    },
  ],
  [
    'loses a group',
    'measures calls by each dimension',
    mapResult((result) => ({ ...result, groups: result.groups.slice(0, 3) })),
  ],
  ...['feature', 'user', 'route'].map(
    (name) =>
      [
        `ignores the filter ${name} of measures`,
        'measures calls that match a filter',
        ignoring(name),
      ] as const,
  ),
  [
    'counts calls without a user nowhere',
    'measures by user and by pairs',
    mapResult((result) => ({
      ...result,
      groups: result.groups.filter(({ names }) => names.user !== null),
    })),
  ],
  [
    'has no name for an unknown version',
    'finds calls whose origin is unknown',
    mapResult((result) => ({
      ...result,
      groups: result.groups.map((group) => ({ ...group, names: { ...group.names, version: '' } })),
    })),
  ],
];
