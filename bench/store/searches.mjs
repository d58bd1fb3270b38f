/**
 * Compares lists of calls with zones, with a scan and with SQL indexes, and measures what indexes add to the cost of
 * writes (docs/decisions/0005-rollups-and-zones.md). Works on a copy of the file.
 *
 *     npm run bench:store -- --quick --calls 3000000 --path calls.db
 *     node bench/store/searches.mjs calls.db
 */
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { encodeRecord } from '../../dist/modules/llm-telemetry/store/record-codec/record-text.js';
import { CallDatabase } from '../../dist/modules/llm-telemetry/store/sqlite/call-database.js';
import { searchCalls } from '../../dist/modules/llm-telemetry/store/sqlite/call-search.js';
import { Records } from '../../dist/bench-store/bench/store/records.js';

const DAY = 86_400_000;
const TURNS = 11;
const PAGE = 50;
const WRITTEN = 60_000;
const BATCH = 4000;
const INDEXES = ['series, id', 'tenant, id', 'outcome, id', 'durationMs, id', 'costUsd, id', 'tokens, id'];

/** A query with the same condition in SQL. `sort`: the column of its index. */
const QUERIES = [
  { name: 'newest', query: {}, sql: () => 'TRUE' },
  {
    name: 'a model',
    query: { where: { model: ['claude-haiku-4-5'] } },
    series: (names) => `model IN (${names.lookUpModel('claude-haiku-4-5').join()})`,
  },
  {
    name: 'a rare feature',
    query: { where: { feature: ['contract_review'] } },
    series: (names) => `feature = ${names.lookUp('contract_review')}`,
  },
  {
    name: 'an error type without calls',
    query: { where: { outcome: ['timeout'] } },
    sql: () => 'outcome = -1',
  },
  {
    name: 'one tenant, failed',
    query: { where: { tenant: ['tenant-97'], outcome: ['failed'] } },
    sql: (names) => `tenant = ${names.lookUp('tenant-97')} AND flags & 1`,
  },
  { name: 'slowest', query: { sort: 'durationMs' }, sql: () => 'TRUE', sort: 'durationMs' },
  {
    name: 'most expensive of a feature',
    query: { sort: 'costUsd', where: { feature: ['order_dashboard'] } },
    series: (names) => `feature = ${names.lookUp('order_dashboard')}`,
    sort: 'costUsd',
  },
];

const [path] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'llm-telemetry-bench-'));
const copy = join(folder, 'calls.db');
copyFileSync(path, copy);
const calls = new CallDatabase(copy);
try {
  const { database } = calls;
  const rows = QUERIES.map((each) => ({
    query: each.name,
    zones: timed(() => zones(each)),
    scan: timed(() => scan(each)),
  }));
  const write = { zones: written() };
  for (const [index, columns] of INDEXES.entries())
    database.exec(`CREATE INDEX search_${index} ON call (${columns})`);
  for (const [index, each] of QUERIES.entries()) rows[index].indexes = timed(() => indexed(each));
  write['zones and indexes'] = written();
  process.stdout.write(`Lists of ${PAGE} calls, median and most of ${TURNS} turns, processor time in ms:\n`);
  print(rows);
  process.stdout.write(`Writing ${WRITTEN} calls in batches of ${BATCH}:\n`);
  print(Object.entries(write).map(([how, numbers]) => ({ how, ...numbers })));
} finally {
  calls.close();
  rmSync(folder, { recursive: true });
}

function print(rows) {
  const style = { head: [], border: [], compact: true };
  const table = new Table({ head: Object.keys(rows[0]), style });
  table.push(...rows.map((row) => Object.values(row)));
  process.stdout.write(`${table.toString()}\n`);
}

/** Returns the 30 days before the last call. */
function range() {
  const { last } = calls.database.prepare('SELECT max(id) / 2048 AS last FROM call').get();
  return { from: last + 1 - 30 * DAY, to: last + 1 };
}

function zones({ query }) {
  return searchCalls(calls.database, calls.names, { range: range(), ...query }).calls;
}

function scan(each) {
  return records(statement(each, conditionOf(each), 'NOT INDEXED'));
}

/** Runs one search per series, as an index on the series requires. */
function indexed(each) {
  if (each.sort !== undefined) {
    const index = INDEXES.findIndex((columns) => columns.startsWith(each.sort));
    return records(statement(each, conditionOf(each), `INDEXED BY search_${index}`));
  }
  if (each.series === undefined) return records(statement(each, conditionOf(each), ''));
  const parts = seriesOf(each).map(
    (id) => `SELECT * FROM (${statement(each, `series = ${String(id)}`, '')})`,
  );
  return records(`${parts.join(' UNION ALL ')} ORDER BY id DESC LIMIT ${PAGE}`);
}

function statement({ sort }, condition, how) {
  const { from, to } = range();
  // SQLite uses an index on another column only if the range cannot use the primary key.
  const id = how.startsWith('INDEXED') ? '+id' : 'id';
  return `SELECT id FROM call ${how} WHERE ${id} >= ${from * 2048} AND ${id} < ${to * 2048} AND ${condition}
    ORDER BY ${sort === undefined ? '' : `${sort} DESC, `}id DESC LIMIT ${PAGE}`;
}

function conditionOf(each) {
  return each.series === undefined ? each.sql(calls.names) : `series IN (${seriesOf(each).join()})`;
}

function seriesOf({ series }) {
  const found = calls.database
    .prepare(`SELECT id FROM series WHERE kind = 0 AND ${series(calls.names)}`)
    .all();
  return found.map(({ id }) => id);
}

function records(sql) {
  const text = calls.database.prepare('SELECT text FROM record WHERE id = ?');
  return calls.database
    .prepare(sql)
    .all()
    .map(({ id }) => JSON.parse(text.get(id).text));
}

function timed(run) {
  const times = Array.from({ length: TURNS }, () => {
    const before = process.cpuUsage();
    run();
    return processorTime(before);
  }).sort((one, other) => one - other);
  return `${times[TURNS >> 1].toFixed(1)} / ${times.at(-1).toFixed(1)}`;
}

function written() {
  const made = new Records();
  const { to } = range();
  const batches = Array.from({ length: WRITTEN / BATCH }, (_batch, batch) =>
    Array.from({ length: BATCH }, (_call, call) => encodeRecord(made.next(to + batch * BATCH + call))),
  );
  const before = process.cpuUsage();
  for (const batch of batches) calls.write(batch);
  return {
    'processor time, µs a call': ((1000 * processorTime(before)) / WRITTEN).toFixed(1),
    'WAL, MB': Math.round(statSync(`${copy}-wal`).size / 1e6),
  };
}

/** Returns processor time in milliseconds, on which other processes have little effect. */
function processorTime(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
