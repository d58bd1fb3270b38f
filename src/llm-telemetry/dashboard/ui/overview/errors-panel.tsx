import { useMemo } from 'preact/hooks';
import type { Errors } from '../../api/index.js';
import { bucketParameters, useMeasures } from '../api/use-measures.js';
import { ChartWithLegend, useTable } from '../charts/chart-or-table.js';
import { colorOfRank, type ChartSeries } from '../charts/series.js';
import { Panel } from '../components/panel.js';
import { counted, percent, rangeText } from '../formats/formats.js';
import { CALLS } from '../formats/measure-formats.js';
import { useReleases } from './use-releases.js';

const TITLE = 'Errors by type';

/** Types with a separate color; more would make the legend larger than the chart. The table has all. */
const NAMED = 4;

export function ErrorsPanel() {
  const errors = useMeasures<Errors>('errors', bucketParameters());
  const unfiltered = useMeasures<Errors>('errors', bucketParameters(), { filtered: false });
  const { table, button } = useTable('errors', TITLE);
  const { data } = errors;
  const series = useMemo(
    () => (data ? seriesOf(data, unfiltered.data ?? data) : []),
    [data, unfiltered.data],
  );
  const finding = data && findingOf(data);
  const releases = useReleases();
  return (
    <Panel span={3} title={TITLE} finding={finding} action={button} result={errors}>
      {data && (
        <ChartWithLegend
          table={table}
          label={`${TITLE}, ${rangeText(data.range)}. ${finding}.`}
          height={224}
          buckets={data}
          series={series}
          kind="stack"
          format={CALLS}
          before={null}
          beforeLabel=""
          limit={null}
          firings={[]}
          releases={releases}
          focused={null}
        />
      )}
    </Panel>
  );
}

/** Returns error types of failed calls. Aborted and recovered calls are not failures. */
function failures({ types }: Errors): Errors['types'] {
  return types.filter(({ type, calls }) => type !== 'aborted' && calls > 0);
}

function seriesOf(errors: Errors, unfiltered: Errors): ChartSeries[] {
  const ranks = failures(unfiltered).map(({ type }) => type);
  const all = failures(errors).map(({ type, values }) => ({ name: type, rank: ranks.indexOf(type), values }));
  const named = all.filter(({ rank }) => rank >= 0 && rank < (all.length > NAMED + 1 ? NAMED : NAMED + 1));
  const rest = all.filter((one) => !named.includes(one));
  const series = named.map(({ name, rank, values }): ChartSeries => ({
    name,
    color: colorOfRank(rank),
    values,
  }));
  if (rest.length === 0) return series;
  const values = errors.at.map((_, index) => rest.reduce((sum, one) => sum + (one.values[index] ?? 0), 0));
  return [...series, { name: rest.length === 1 ? rest[0]!.name : `${rest.length} others`, color: 0, values }];
}

function findingOf(errors: Errors): string {
  const types = failures(errors);
  const total = types.reduce((sum, { calls }) => sum + calls, 0);
  const [first] = types;
  if (!first) return 'No call failed';
  const text = counted(total, 'failed call');
  if (types.length === 1) return `${text}, ${total === 1 ? '' : 'all '}${first.type}`;
  return `${text}, ${percent(first.calls / total)} of them ${first.type}`;
}
