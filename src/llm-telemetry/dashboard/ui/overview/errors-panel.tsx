import { useMemo } from 'preact/hooks';
import type { Errors } from '../../api/index.js';
import { bucketParameters, useFigures } from '../api/use-figures.js';
import { ChartWithLegend, useTable } from '../charts/chart-or-table.js';
import { colourOfRank, type ChartSeries } from '../charts/series.js';
import { Panel } from '../components/panel.js';
import { counted, percent, rangeText } from '../formats/formats.js';
import { CALLS } from '../formats/figure-kinds.js';

const TITLE = 'Errors by type';

export function ErrorsPanel() {
  const errors = useFigures<Errors>('errors', bucketParameters());
  const unfiltered = useFigures<Errors>('errors', bucketParameters(), { filtered: false });
  const { table, button } = useTable(TITLE);
  const { data } = errors;
  const series = useMemo(
    () => (data ? seriesOf(data, unfiltered.data ?? data) : []),
    [data, unfiltered.data],
  );
  const finding = data && findingOf(data);
  return (
    <Panel span={3} title={TITLE} finding={finding} action={button} answer={errors}>
      {data && (
        <ChartWithLegend
          table={table}
          label={`${TITLE}, ${rangeText(data.range)}. ${finding}.`}
          height={196}
          buckets={data}
          series={series}
          kind="stack"
          figure={CALLS}
          before={null}
          beforeLabel=""
          limit={null}
          firings={[]}
          focused={null}
        />
      )}
    </Panel>
  );
}

/** Failures that calls ended with: what the application aborted is none, and what a retry has saved is not here. */
function failures({ types }: Errors): Errors['types'] {
  return types.filter(({ type, calls }) => type !== 'aborted' && calls > 0);
}

function seriesOf(errors: Errors, unfiltered: Errors): ChartSeries[] {
  const ranks = failures(unfiltered).map(({ type }) => type);
  const all = failures(errors).map(({ type, values }): ChartSeries => ({
    name: type,
    colour: colourOfRank(ranks.indexOf(type)),
    values,
  }));
  const plain = all.filter(({ colour }) => colour === 0);
  if (plain.length < 2) return all;
  const values = errors.at.map((_, index) => plain.reduce((sum, one) => sum + (one.values[index] ?? 0), 0));
  return [...all.filter(({ colour }) => colour !== 0), { name: `${plain.length} others`, colour: 0, values }];
}

function findingOf(errors: Errors): string {
  const types = failures(errors);
  const total = types.reduce((sum, { calls }) => sum + calls, 0);
  const [first] = types;
  if (!first) return 'No call failed';
  const text = counted(total, 'failed call');
  if (types.length === 1) return `${text}, ${total === 1 ? '' : 'all '}${first.type}`;
  return `${text}, ${shareWords(first.calls / total)} of them ${first.type}`;
}

function shareWords(share: number): string {
  return Math.abs(share - 0.5) < 0.03 ? 'half' : percent(share);
}
