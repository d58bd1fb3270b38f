import { DataTable } from '../components/data-table.js';
import type { Picture } from './plot.js';
import { releasesAt, releaseText } from './releases.js';
import { spanText } from './series.js';

/** Values of a chart as a table, newest first. */
export function SeriesTable({
  label,
  height,
  beforeLabel,
  buckets,
  series,
  format,
  before,
  releases,
}: Picture & { label: string; height: number; beforeLabel: string }) {
  const columns = [...series, ...(before ? [{ name: beforeLabel, values: before }] : [])];
  const text = format.texts(columns.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const rows = buckets.at.map((start, index) => [
    <>
      {spanText(buckets, index)}
      {releasesAt(releases, start).map((release) => (
        <span key={release.version} class="muted">
          {` · release ${releaseText(release)}`}
        </span>
      ))}
    </>,
    ...columns.map(({ values }) => {
      const value = values[index] ?? null;
      return value === null ? <span class="muted">no data</span> : text(value);
    }),
  ]);
  return (
    <DataTable
      label={label}
      height={height}
      columns={[{ name: 'Time' }, ...columns.map(({ name }) => ({ name, number: true }))]}
      rows={rows.toReversed()}
      keys={buckets.at.toReversed()}
    />
  );
}
