import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '../../../../test/support/temporary-folder.js';
import { MIGRATIONS } from './migrations.js';
import { openDatabase } from './open-database.js';

const LAYOUT_1 = new URL('../../../../test/fixtures/store-v1.sql', import.meta.url);

const folder = temporaryFolder();

/** Creates a database at `path` with SQL and closes it. */
function create(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

/** Returns the columns of each table and index by name, because old tables have later columns at the end. */
function layoutOf(database: DatabaseSync): unknown {
  const objects = database
    .prepare(
      "SELECT type, name, tbl_name AS of FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all() as Array<{ type: string; name: string }>;
  return objects.map((object) => [
    { ...object },
    object.type === 'table'
      ? database
          .prepare('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY name')
          .all(object.name)
          .map((column) => ({ ...column }))
      : database
          .prepare('SELECT name FROM pragma_index_info(?) ORDER BY seqno')
          .all(object.name)
          .map((column) => ({ ...column })),
  ]);
}

describe('opening a file of another layout version', () => {
  // https://github.com/anomalyco/opencode/issues/36709: a migrated database had another schema than a new one.
  it('migrates a file of version 1 to the layout of a new file', () => {
    const path = folder.file('old.db');
    create(path, readFileSync(LAYOUT_1, 'utf8'));
    const migrated = openDatabase(path);
    const created = openDatabase(folder.file('new.db'));
    try {
      expect(layoutOf(migrated)).toEqual(layoutOf(created));
      expect(migrated.prepare('PRAGMA integrity_check').all()).toMatchObject([{ integrity_check: 'ok' }]);
    } finally {
      migrated.close();
      created.close();
    }
  });

  it('splits the money of errors in a file of version 6 into dollars and units, to the last unit', () => {
    const path = folder.file('v6.db');
    const old = openDatabase(path, MIGRATIONS.slice(0, 6));
    const add = old.prepare(
      `INSERT INTO error (level, start, series, origin, type, calls, attempts, retryCostUnits) VALUES (60000, 0, ?, 0, 1, 1, 1, ?)`,
    );
    for (const [index, units] of [Number.MAX_SAFE_INTEGER, 999_999_999_999, 0].entries())
      add.run(index, units);
    old.close();
    const migrated = openDatabase(path);
    try {
      const rows = migrated
        .prepare('SELECT retryCostDollars, retryCostUnits FROM error ORDER BY series')
        .all();
      expect(rows.map((row) => Object.values(row))).toEqual([
        [9007, 199_254_740_991],
        [0, 999_999_999_999],
        [0, 0],
      ]);
    } finally {
      migrated.close();
    }
  });

  // https://github.com/oscardvs/zoteus/pull/25: the file of a newer version was changed before its version was checked.
  it('does not modify the file of a newer version', () => {
    const path = folder.file('newer.db');
    openDatabase(path).close();
    create(path, 'PRAGMA journal_mode = DELETE; PRAGMA user_version = 99');
    const before = readFileSync(path);
    expect(() => openDatabase(path)).toThrow('The file has layout version 99.');
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});
