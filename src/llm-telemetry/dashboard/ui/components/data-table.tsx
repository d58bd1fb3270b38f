import type { ComponentChildren } from 'preact';

export interface Column {
  readonly name: string;
  readonly number?: boolean;
}

/** Plain figures in rows. `label`: what they are, for those who do not see what stands above them. */
export function DataTable({
  label,
  columns,
  rows,
  height,
}: {
  label: string;
  columns: readonly Column[];
  rows: ReadonlyArray<readonly ComponentChildren[]>;
  /** Of the chart that it stands in for: it scrolls in a box of that size. */
  height?: number;
}) {
  const table = (
    <table class="data">
      <caption class="sr">{label}</caption>
      <thead>
        <tr>
          {columns.map(({ name, number }) => (
            <th key={name} scope="col" class={number ? 'num' : undefined}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((cells, row) => (
          <tr key={row}>
            {cells.map((cell, index) => (
              <td key={index} class={columns[index]?.number ? 'num' : undefined}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
  if (height === undefined) return table;
  return (
    <div class="table-box" role="region" aria-label={label} tabIndex={0} style={{ height: `${height}px` }}>
      {table}
    </div>
  );
}
