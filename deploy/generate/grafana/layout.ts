import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { RowBuilder, type DashboardBuilder, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Tile } from './panels.js';

/** Rows of tiles under a heading. Each row has 24 columns. */
export interface Section {
  /** If omitted, the section has no heading. */
  readonly title?: string;
  readonly rows: ReadonlyArray<readonly Tile[]>;
}

const COLUMNS = 24;

/** Positions and numbers tiles without gaps. @throws Error if a row is not 24 columns wide or its heights differ */
export function place(dashboard: DashboardBuilder, sections: readonly Section[]): void {
  let y = 0;
  let id = 1;
  for (const { title, rows } of sections) {
    if (title !== undefined) {
      dashboard.withRow(new RowBuilder(title).id(id++).gridPos({ x: 0, y, w: COLUMNS, h: 1 }));
      y += 1;
    }
    for (const tiles of rows) {
      const height = tiles[0]!.height;
      let x = 0;
      for (const { width, panel } of tiles) {
        dashboard.withPanel(built({ ...panel, id: id++, gridPos: { x, y, w: width, h: height } }));
        x += width;
      }
      if (x !== COLUMNS || tiles.some((one) => one.height !== height))
        throw new Error(
          `The row of "${tiles[0]!.panel.title}" must be ${COLUMNS} columns wide with equal heights.`,
        );
      y += height;
    }
  }
}

function built(panel: Panel): Builder<Panel> {
  return { build: () => panel };
}
