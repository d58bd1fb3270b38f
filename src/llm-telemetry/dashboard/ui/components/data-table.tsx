import type { ComponentChildren } from 'preact';

export interface Column {
  readonly name: string;
  readonly number?: boolean;
  /** Hidden on narrow screens. */
  readonly wide?: boolean;
}

/** Plain table. `label`: caption for screen readers. */
export function DataTable({
  label,
  columns,
  rows,
  keys,
  height,
}: {
  label: string;
  columns: readonly Column[];
  rows: ReadonlyArray<readonly ComponentChildren[]>;
  /** Identities of the rows, so that a row that is added does not move the scroll position and the selection. */
  keys: ReadonlyArray<string | number>;
  /** Height of the scroll box, CSS pixels: that of the chart that the table replaces. */
  height?: number;
}) {
  const table = (
    <table class="data">
      <caption class="sr">{label}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col" class={classOf(column)}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((cells, row) => (
          <tr key={keys[row]}>
            {cells.map((cell, index) => (
              <td key={index} class={classOf(columns[index])}>
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

function classOf(column: Column | undefined): string | undefined {
  return [column?.number && 'num', column?.wide && 'wide-only'].filter(Boolean).join(' ') || undefined;
}
