import type { Connection } from './connection.js';
import type { Layout } from './layout.js';

/** The tables of an open database. */
export interface Tables {
  readonly connection: Connection;
  readonly layout: Layout;
}
