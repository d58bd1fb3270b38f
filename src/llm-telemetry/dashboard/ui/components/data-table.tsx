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
  scrolls = false,
}: {
  label: string;
  columns: readonly Column[];
  rows: ReadonlyArray<readonly ComponentChildren[]>;
  /** In a box of the size of the chart that it stands for. */
  scrolls?: boolean;
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
  if (!scrolls) return table;
  return (
    <div class="table-box" role="region" aria-label={label} tabIndex={0}>
      {table}
    </div>
  );
}
