import type { DatabaseSync } from 'node:sqlite';

/** A step from one layout version to the next. */
export type Migration = (database: DatabaseSync) => void;

/**
 * Migrations from an empty file to the current layout version; the first creates version 1. Never change a published
 * migration: append a new one.
 */
export const MIGRATIONS: readonly Migration[] = [
  (database) => {
    database.exec(`
      -- Features, operations, models, …: each text once. 0 is "none".
      CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

      -- kind 0: feature × operation × provider × model. kind 1: a route, kind 2: a tenant, in the column feature.
      CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        feature INTEGER NOT NULL,
        operation INTEGER NOT NULL,
        provider INTEGER NOT NULL,
        model INTEGER NOT NULL,
        UNIQUE (kind, feature, operation, provider, model)
      ) STRICT;

      -- What calls are found by. Its id is the time at which it ended, in milliseconds, times 2048, plus a number within that
      -- millisecond: so the table is in the order of time, and needs no index.
      CREATE TABLE call (
        id INTEGER PRIMARY KEY,
        series INTEGER NOT NULL,
        route INTEGER NOT NULL,
        tenant INTEGER NOT NULL,
        outcome INTEGER NOT NULL,
        flags INTEGER NOT NULL,
        durationMs REAL,
        costUsd REAL,
        tokens REAL
      ) STRICT;

      -- The whole record (record-text.ts says how).
      CREATE TABLE record (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;

      -- A run of about a thousand calls, from "first" to the next zone's: which names are in it, and the largest values. A
      -- search passes over the zones in which there is nothing to be found.
      CREATE TABLE zone (
        first INTEGER PRIMARY KEY,
        calls INTEGER NOT NULL,
        flags INTEGER NOT NULL,
        names BLOB NOT NULL,
        durationMs REAL,
        costUsd REAL,
        tokens REAL
      ) STRICT;

      -- kind: of the series. level: the length in milliseconds (a minute, an hour or a day). start: Unix milliseconds.
      -- sums: little-endian doubles, in the places of measure-table.ts. The others are histograms (log-histogram.ts).
      CREATE TABLE rollup (
        kind INTEGER NOT NULL,
        level INTEGER NOT NULL,
        start INTEGER NOT NULL,
        series INTEGER NOT NULL,
        sums BLOB NOT NULL,
        duration BLOB NOT NULL,
        firstToken BLOB NOT NULL,
        PRIMARY KEY (kind, level, start, series)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE error (
        level INTEGER NOT NULL,
        start INTEGER NOT NULL,
        series INTEGER NOT NULL,
        type INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        PRIMARY KEY (level, start, series, type)
      ) STRICT, WITHOUT ROWID;

      -- From when on rollups of a level are kept.
      CREATE TABLE horizon (level INTEGER PRIMARY KEY, start INTEGER NOT NULL) STRICT;
    `);
  },
  (database) => {
    database.exec(`
      -- What repeating requests did that ended so. What was written before has none of it.
      ALTER TABLE error ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE error ADD COLUMN retriedCalls INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE error ADD COLUMN recoveredCalls INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE error ADD COLUMN retryTimeMs REAL NOT NULL DEFAULT 0;
      ALTER TABLE error ADD COLUMN retryCostUnits REAL NOT NULL DEFAULT 0;
    `);
  },
  (database) => {
    database.exec(`
      -- A hash of the user id (call-columns.ts). NULL: written before there was one.
      ALTER TABLE call ADD COLUMN user INTEGER;
    `);
    // Since this version, records are written in format 2 (record-text.ts), which version 0.1.0 cannot read: the version
    // makes it report a newer file instead.
  },
  (database) => {
    database.exec(`
      -- Times that a wrong wall clock does not move (clock.ts), Unix milliseconds and durations in milliseconds. One row.
      CREATE TABLE clock (
        id INTEGER PRIMARY KEY,
        confirmed REAL NOT NULL,
        uptime REAL NOT NULL,
        leastLead REAL,
        mostLead REAL,
        heldMs REAL NOT NULL,
        holder INTEGER NOT NULL,
        beat INTEGER NOT NULL
      ) STRICT;

      -- The uptime at which calls with an implausible time were written to a zone or found in it. NULL: no such calls.
      ALTER TABLE zone ADD COLUMN suspect REAL;

      -- Counts how often names and series were freed: what a process remembers of them is then outdated. Also the
      -- uptime at the last decay of series.calls, in whole days. One row.
      CREATE TABLE name_state (id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, day INTEGER NOT NULL) STRICT;
      INSERT INTO name_state (id, generation, day) VALUES (1, 0, 0);

      -- The end of the last call with a name, Unix milliseconds (whole days): when those calls are gone, the name is free.
      ALTER TABLE name ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
      UPDATE name SET used = (SELECT coalesce(max(id) / 2048, 0) FROM call);

      -- rolled: 1 if the series has rollups, 0 if its calls are in those of "other". calls: how much it is used, halved every
      -- week. The days of its first and last call, Unix milliseconds.
      ALTER TABLE series ADD COLUMN rolled INTEGER NOT NULL DEFAULT 1;
      ALTER TABLE series ADD COLUMN calls REAL NOT NULL DEFAULT 0;
      ALTER TABLE series ADD COLUMN firstDay INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE series ADD COLUMN lastDay INTEGER NOT NULL DEFAULT 0;
      UPDATE series SET calls = found.days, firstDay = found.first, lastDay = found.last
      FROM (
        SELECT kind, series, count(*) AS days, min(start) AS first, max(start) AS last
        FROM rollup WHERE kind IN (0, 1, 2) AND level = 86400000 GROUP BY kind, series
      ) AS found
      WHERE found.series = series.id AND found.kind = series.kind;
    `);
  },
  (database) => {
    database.exec(`
      -- A batch, or a file with results of a batch, whose parent is the batch. key: host and id. feature, operation: the call
      -- that created it. complete: all its items were recorded. sumAt: end of the call with the sum of its items, Unix
      -- milliseconds. used: when it was last used, Unix milliseconds.
      CREATE TABLE batch (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        parent INTEGER,
        feature TEXT,
        operation TEXT,
        complete INTEGER NOT NULL DEFAULT 0,
        hasItems INTEGER NOT NULL DEFAULT 0,
        sumAt REAL,
        used REAL NOT NULL
      ) STRICT;

      -- Items of incomplete batches that were recorded: hashes of their ids (batch-table.ts).
      CREATE TABLE batch_item (
        batch INTEGER NOT NULL,
        item INTEGER NOT NULL,
        PRIMARY KEY (batch, item)
      ) STRICT, WITHOUT ROWID;
    `);
  },
  (database) => {
    database.exec(`
      -- Name, version and environment of a program; '' is unknown. lastAt: end of its last call, Unix milliseconds. The
      -- origin 0, which has no row, is unknown.
      CREATE TABLE origin (
        id INTEGER PRIMARY KEY,
        service TEXT NOT NULL,
        version TEXT NOT NULL,
        environment TEXT NOT NULL,
        lastAt REAL NOT NULL,
        UNIQUE (service, version, environment)
      ) STRICT;

      -- Processes that added calls. lastAt: end of the last call. Times are Unix milliseconds. The instance 0, which has no
      -- row, is unknown.
      CREATE TABLE instance (
        id INTEGER PRIMARY KEY,
        uuid TEXT NOT NULL UNIQUE,
        origin INTEGER NOT NULL,
        name TEXT NOT NULL,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        startedAt REAL NOT NULL,
        seenAt REAL NOT NULL,
        lastAt REAL NOT NULL
      ) STRICT;

      -- uuid: call-id.ts. NULL: the call was written before there was one.
      ALTER TABLE call ADD COLUMN uuid BLOB;
      ALTER TABLE call ADD COLUMN instance INTEGER NOT NULL DEFAULT 0;

      CREATE TABLE rollup_of_origin (
        kind INTEGER NOT NULL,
        level INTEGER NOT NULL,
        start INTEGER NOT NULL,
        series INTEGER NOT NULL,
        origin INTEGER NOT NULL,
        sums BLOB NOT NULL,
        duration BLOB NOT NULL,
        firstToken BLOB NOT NULL,
        PRIMARY KEY (kind, level, start, series, origin)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO rollup_of_origin SELECT kind, level, start, series, 0, sums, duration, firstToken FROM rollup;
      DROP TABLE rollup;
      ALTER TABLE rollup_of_origin RENAME TO rollup;

      CREATE TABLE error_of_origin (
        level INTEGER NOT NULL,
        start INTEGER NOT NULL,
        series INTEGER NOT NULL,
        origin INTEGER NOT NULL,
        type INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        retries INTEGER NOT NULL DEFAULT 0,
        retriedCalls INTEGER NOT NULL DEFAULT 0,
        recoveredCalls INTEGER NOT NULL DEFAULT 0,
        retryTimeMs REAL NOT NULL DEFAULT 0,
        retryCostUnits REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (level, start, series, origin, type)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO error_of_origin
      SELECT level, start, series, 0, type, calls, attempts, retries, retriedCalls, recoveredCalls, retryTimeMs, retryCostUnits
      FROM error;
      DROP TABLE error;
      ALTER TABLE error_of_origin RENAME TO error;
    `);
  },
  (database) => {
    database.exec(`
      -- Units below a dollar, and whole dollars: a double does not hold more than 9,007 dollars in units. Sums in rollups have
      -- places of their own for dollars (measure-table.ts), which older versions would lose.
      ALTER TABLE error ADD COLUMN retryCostDollars REAL NOT NULL DEFAULT 0;
      UPDATE error SET
        retryCostDollars = CAST(retryCostUnits AS INTEGER) / 1000000000000,
        retryCostUnits = CAST(retryCostUnits AS INTEGER) % 1000000000000
      WHERE retryCostUnits >= 1000000000000;
    `);
  },
];
