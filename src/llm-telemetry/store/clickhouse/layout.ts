import { DAY, SECOND } from '../../units/time.js';
import { nextLonger, RETENTION_DAYS, ROLLUP_LENGTHS, type RollupLength } from '../core/rollup-ranges.js';
import { KIND } from '../core/series.js';

/** Version of the tables. */
export const LAYOUT = 1;

/** Where the tables are, and how they are stored. */
export interface LayoutSettings {
  readonly database: string;
  /** Creates replicated tables on all servers of this cluster. */
  readonly cluster: string | null;
}

/** Days that the server keeps calls and rollups. */
export interface Retention {
  readonly callDays: number;
  readonly rollupDays: number;
}

/**
 * Values of the column `kind` of the table `rollup`: rollups, errors of the rollups of models, and receipts of deliveries. All
 * rows of a delivery are in one part, so its receipt tells whether its rollups are stored.
 */
export const ROW_KIND = { ...KIND, error: 3, receipt: 4 } as const;

const NAME = 'LowCardinality(Nullable(String))';
const BUCKETS = 'SimpleAggregateFunction(sumMap, Map(UInt16, UInt64))';

/** Columns of the table `call`, in the order of inserts. */
export const CALL_COLUMNS = {
  ended_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
  id: 'UUID CODEC(ZSTD(1))',
  service: NAME,
  version: NAME,
  environment: NAME,
  instance: NAME,
  feature: 'LowCardinality(String)',
  operation: 'LowCardinality(String)',
  provider: NAME,
  model: NAME,
  route: NAME,
  tenant: NAME,
  /** Hash of the user; 0: none. */
  user_hash: 'UInt64 CODEC(ZSTD(1))',
  outcome: 'LowCardinality(String)',
  /** Bit set: failed 1, truncated 2, retried 4, not retried 8. */
  flags: 'UInt8',
  duration_ms: 'Nullable(Float64) CODEC(ZSTD(1))',
  cost_usd: 'Nullable(Decimal(38, 12)) CODEC(ZSTD(1))',
  cost_reason: NAME,
  tokens: 'Nullable(UInt64) CODEC(T64, ZSTD(1))',
  /** The encoded record. */
  record: 'String CODEC(ZSTD(3))',
} as const;

const CALL_INDEXES = [
  ...['feature', 'operation', 'model', 'version', 'outcome'].map(
    (column) => `INDEX of_${column} ${column} TYPE set(200) GRANULARITY 1`,
  ),
  ...['tenant', 'route', 'instance', 'user_hash', 'id'].map(
    (column) => `INDEX of_${column} ${column} TYPE bloom_filter(0.01) GRANULARITY 1`,
  ),
  'INDEX of_flags flags TYPE set(16) GRANULARITY 1',
  ...['duration_ms', 'cost_usd', 'tokens'].map(
    (column) => `INDEX of_${column} ${column} TYPE minmax GRANULARITY 1`,
  ),
];

/** Columns of the table `rollup`, in the order of inserts. */
export const ROLLUP_COLUMNS = {
  kind: `Enum8(${Object.entries(ROW_KIND)
    .map(([name, value]) => `'${name}' = ${value}`)
    .join(', ')})`,
  /** Seconds: 60, 900, 3600, 21600 or 86400. */
  length: 'UInt32',
  start: "DateTime('UTC') CODEC(Delta, ZSTD(1))",
  service: NAME,
  version: NAME,
  environment: NAME,
  feature: NAME,
  operation: NAME,
  provider: NAME,
  model: NAME,
  /** Route, tenant, error type or delivery. */
  name: 'Nullable(String)',
  /** By `SUM_INDEX`; of errors, by the index in `ERROR_SUMS`. Money in 10⁻¹² USD, times in 10⁻⁶ ms. */
  sums: 'SimpleAggregateFunction(sumMap, Map(UInt8, Int128))',
  /** Number of values by bucket of `LogHistogram`. */
  duration: BUCKETS,
  first_token: BUCKETS,
} as const;

const ROLLUP_KEY =
  'kind, length, start, service, version, environment, feature, operation, provider, model, name';

/** Repeated inserts are recognized by their token among as many inserts of a table, of all instances. */
const DEDUPLICATION_WINDOW = 10_000;
const DEDUPLICATION = [
  `non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`,
  `replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`,
  `replicated_deduplication_window_seconds = ${(7 * DAY) / SECOND}`,
].join(', ');

/** Batches are remembered as long as in other stores. */
const BATCH_DAYS = 400;
/** A delivery may be repeated this long after its first attempt. */
const RECEIPT_DAYS = 14;
const INSTANCE_DAYS = 30;
/** An alert that fires longer than this is notified again. */
const ALERT_DAYS = 400;

/** Names of tables and statements of one database. */
export class Layout {
  constructor(private readonly settings: LayoutSettings) {}

  /** Returns the qualified name of a table: the database need not exist when a client connects. */
  table(name: string): string {
    return `${quoted(this.settings.database)}.${quoted(name)}`;
  }

  /** Returns the statement that creates the database. */
  createDatabase(): string {
    return `CREATE DATABASE IF NOT EXISTS ${quoted(this.settings.database)}${this.onCluster()}`;
  }

  /** Returns the statements that create the tables. Each can be repeated, and run by several instances at once. */
  createTables(retention: Retention): readonly string[] {
    return [
      this.create('meta', {
        columns: { key: 'String', value: 'String', at: AT },
        engine: 'ReplacingMergeTree(at)',
        rest: 'ORDER BY key',
      }),
      this.create('call', {
        columns: CALL_COLUMNS,
        indexes: CALL_INDEXES,
        engine: 'MergeTree',
        rest: `PARTITION BY toDate(ended_at) ORDER BY (ended_at, id) TTL ${callTtl(retention)}
          SETTINGS index_granularity = 2048, ttl_only_drop_parts = 1, ${DEDUPLICATION}`,
      }),
      this.create('rollup', {
        columns: ROLLUP_COLUMNS,
        indexes: ['INDEX of_name name TYPE bloom_filter(0.001) GRANULARITY 1'],
        engine: 'AggregatingMergeTree',
        // Without partitions, each insert makes one part, which is stored as a whole or not at all.
        rest: `ORDER BY (${ROLLUP_KEY}) TTL ${rollupTtl(retention)}
          SETTINGS allow_nullable_key = 1, ${DEDUPLICATION}`,
      }),
      this.create('instance', {
        columns: {
          id: 'UUID',
          service: NAME,
          version: NAME,
          environment: NAME,
          instance: NAME,
          host: 'String',
          pid: 'UInt64',
          started_at: "DateTime64(3, 'UTC')",
          // Of the server's clock.
          seen_at: "DateTime64(3, 'UTC') DEFAULT now64(3)",
          waiting: 'UInt64',
          waiting_since: "Nullable(DateTime64(3, 'UTC'))",
        },
        engine: 'ReplacingMergeTree(seen_at)',
        rest: `ORDER BY id TTL toDateTime(seen_at) + INTERVAL ${INSTANCE_DAYS} DAY`,
      }),
      this.create('batch', {
        columns: {
          key: 'String',
          fact: "Enum8('creator' = 1, 'parent' = 2, 'items' = 3, 'complete' = 4, 'sum' = 5, 'replaced' = 6)",
          values: 'Array(String)',
          claim: 'UUID',
          at: AT,
        },
        engine: 'MergeTree',
        rest: `ORDER BY (key, fact, at, claim) TTL toDateTime(at) + INTERVAL ${BATCH_DAYS} DAY`,
      }),
      this.create('batch_item', {
        columns: { results: 'String', item: 'UInt64', claim: 'UUID', at: AT },
        engine: 'MergeTree',
        rest: `ORDER BY (results, item, at, claim) TTL toDateTime(at) + INTERVAL ${BATCH_DAYS} DAY`,
      }),
      this.create('alert', {
        columns: {
          key: 'String',
          event: "Enum8('claim' = 1, 'notified' = 2)",
          state: "Enum8('firing' = 1, 'resolved' = 2)",
          by: 'UUID',
          claim: 'UUID',
          at: AT,
        },
        engine: 'MergeTree',
        rest: `ORDER BY (key, at, claim) TTL toDateTime(at) + INTERVAL ${ALERT_DAYS} DAY`,
      }),
    ];
  }

  /** Returns the statements that change the retention. They rewrite no data. */
  changeRetention(retention: Retention): readonly string[] {
    return [
      `ALTER TABLE ${this.table('call')}${this.onCluster()} MODIFY TTL ${callTtl(retention)} ${NO_REWRITE}`,
      `ALTER TABLE ${this.table('rollup')}${this.onCluster()} MODIFY TTL ${rollupTtl(retention)} ${NO_REWRITE}`,
    ];
  }

  private create(name: string, { columns, indexes = [], engine, rest }: Table): string {
    const lines = [...Object.entries(columns).map(([column, type]) => `${column} ${type}`), ...indexes];
    const { cluster } = this.settings;
    return `CREATE TABLE IF NOT EXISTS ${this.table(name)}${this.onCluster()} (
      ${lines.join(',\n      ')}
    ) ENGINE = ${cluster === null ? '' : 'Replicated'}${engine} ${rest}`;
  }

  private onCluster(): string {
    const { cluster } = this.settings;
    return cluster === null ? '' : ` ON CLUSTER ${quoted(cluster)}`;
  }
}

interface Table {
  readonly columns: Readonly<Record<string, string>>;
  readonly indexes?: readonly string[];
  readonly engine: string;
  /** Everything after the engine. */
  readonly rest: string;
}

const AT = "DateTime64(6, 'UTC') DEFAULT now64(6)";
const NO_REWRITE = 'SETTINGS materialize_ttl_after_modify = 0';

/** Times of wrong clocks expire as if they were this: TTLs beyond the year 2106 wrap, and would delete the rows at once. */
const LATEST = '2060-01-01 00:00:00';

function callTtl({ callDays }: Retention): string {
  const time = `toDateTime(least(ended_at, toDateTime64('${LATEST}', 3, 'UTC')), 'UTC')`;
  return `${time} + toIntervalSecond(${seconds(callDays)})`;
}

/** A day more than they are read, because clocks differ. */
function rollupTtl({ rollupDays }: Retention): string {
  const keptSeconds = (length: RollupLength): number =>
    seconds(keptDays(length, rollupDays) + 1) + nextLonger(length) / SECOND;
  const cases = ROLLUP_LENGTHS.map((length) => `length = ${length / SECOND}, ${keptSeconds(length)}`);
  const time = `least(start, toDateTime('${LATEST}', 'UTC'))`;
  return `${time} + toIntervalSecond(multiIf(kind = 'receipt', ${seconds(RECEIPT_DAYS)}, ${cases.join(', ')}, 0))`;
}

/** Returns the days that rollups of a length are read. */
export function keptDays(length: RollupLength, rollupDays: number): number {
  return Math.min(RETENTION_DAYS[length], rollupDays);
}

function seconds(days: number): number {
  return Math.ceil((days * DAY) / SECOND);
}

/** Quotes an identifier, which contains only letters, digits and underscores. */
function quoted(name: string): string {
  return `\`${name}\``;
}
