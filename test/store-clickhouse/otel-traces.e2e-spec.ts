import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ClickHouseServer } from '../support/clickhouse-server.js';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const statements = readFileSync(join(DEPLOY, 'clickhouse/otel-traces.sql'), 'utf8')
  .split(/;\n/)
  .map((statement) => statement.trim())
  .filter((statement) => statement !== '');

/**
 * Columns of the table that the Collector's exporter creates, which the queries read:
 * open-telemetry/opentelemetry-collector-contrib, exporter/clickhouseexporter/internal/sqltemplates/traces_table.sql
 */
const TABLE = `CREATE TABLE otel_traces (
  Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String, SpanName LowCardinality(String),
  SpanKind LowCardinality(String), ServiceName LowCardinality(String),
  ResourceAttributes Map(LowCardinality(String), String), SpanAttributes Map(LowCardinality(String), String),
  Duration UInt64, StatusCode LowCardinality(String), StatusMessage String
) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)`;

type Attributes = Readonly<Record<string, string>>;

describe('queries over the traces of the Collector', () => {
  const server = new ClickHouseServer();
  beforeAll(async () => {
    await server.start();
    await server.run(TABLE);
    const call = (attributes: Attributes, minutes = 5): string =>
      span('llm.summarize', 'Internal', { 'llm.operation': 'summarize', ...attributes }, minutes);
    const orders = { 'llm.feature': 'orders', 'llm.model': 'gpt-4o', 'llm.cost_source': 'table' };
    const early = [
      call({ ...orders, 'llm.estimated_cost_usd': '0.1', 'llm.latency_ms': '800' }),
      // The exporter writes small numbers with an exponent.
      call({
        ...orders,
        'llm.estimated_cost_usd': '2.5e-7',
        'llm.latency_ms': '12000.5',
        'llm.truncated': 'true',
      }),
    ];
    await server.run(`INSERT INTO otel_traces VALUES ${early.join(', ')}`);
    await server.run(statements[0]!);
    await server.run(statements[1]!);
    const later = [
      call({ ...orders, 'llm.estimated_cost_usd': '0.2', 'llm.latency_ms': '900' }),
      call({ ...orders, 'llm.estimated_cost_usd': '50', 'llm.latency_ms': '1' }, 60 * 30),
      call({ 'llm.feature': 'support', 'llm.cost_source': 'unknown', 'llm.error_type': 'timeout' }),
      // Requests repeat the feature of their call, and have its usage, but not its cost.
      span('chat gpt-4o', 'Client', { 'llm.feature': 'orders', 'error.type': 'rate_limit' }, 5),
      span('chat gpt-4o', 'Client', { 'llm.feature': 'orders' }, 5),
      span('GET /orders', 'Server', { 'error.type': '500' }, 5),
    ];
    await server.run(`INSERT INTO otel_traces VALUES ${later.join(', ')}`);
  });
  afterAll(() => server.stop());

  const ask = (index: number) => server.rows(`SELECT * FROM (${statements[2 + index]})`);

  it('answer what each feature costs', async () => {
    expect(await ask(0)).toEqual([
      ['orders', 3, 0.30000025, 0],
      ['support', 1, null, 1],
    ]);
  });

  it('answer how long operations take', async () => {
    const [[operation, calls, p50, p99]] = (await ask(1)) as [[string, number, number, number]];
    expect([operation, calls, p50]).toEqual(['summarize', 3, 900]);
    expect(p99).toBeGreaterThan(11_000);
  });

  it('answer which models truncate', async () => {
    expect(await ask(2)).toEqual([['gpt-4o', 3, 1, 1 / 3]]);
  });

  it('answer which errors occur, of calls and of requests', async () => {
    const rows = await ask(3);
    expect(new Set(rows.map((row) => JSON.stringify(row.slice(0, 3))))).toEqual(
      new Set(['["call","timeout",1]', '["request","rate_limit",1]']),
    );
  });

  it('read what the example of a Collector keeps', () => {
    const { processors, exporters, service } = parse(
      readFileSync(join(DEPLOY, 'collector/clickhouse.yaml'), 'utf8'),
    ) as Configuration;
    for (const { processors: used, exporters: targets, receivers } of Object.values(service.pipelines)) {
      expect(Object.keys(processors)).toEqual(expect.arrayContaining(used));
      expect(Object.keys(exporters)).toEqual(expect.arrayContaining(targets));
      expect(receivers).toEqual(['otlp']);
    }
    expect(service.pipelines['metrics']!.processors).not.toContain('tail_sampling');
    expect(service.pipelines['traces']!.processors.indexOf('attributes/without_content')).toBeLessThan(
      service.pipelines['traces']!.processors.indexOf('tail_sampling'),
    );
  });
});

interface Configuration {
  readonly processors: Readonly<Record<string, unknown>>;
  readonly exporters: Readonly<Record<string, unknown>>;
  readonly service: {
    readonly pipelines: Readonly<Record<string, Record<'receivers' | 'processors' | 'exporters', string[]>>>;
  };
}

function span(name: string, kind: string, attributes: Attributes, minutesAgo: number): string {
  const map = Object.entries(attributes).flatMap(([key, value]) => [`'${key}'`, `'${value}'`]);
  return `(now() - INTERVAL ${minutesAgo} MINUTE, 'a', 'b', '', '${name}', '${kind}', 'shop', map(), map(${map.join(', ')}),
    1000000, 'Unset', '')`;
}
