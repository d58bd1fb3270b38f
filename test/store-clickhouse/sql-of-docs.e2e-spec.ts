import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { callRecord } from '../support/call-record.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { Deliveries, instance } from './deliveries.js';

describe('docs/clickhouse.md', () => {
  const server = new ClickHouseServer();
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  it('has a query over calls that returns exact costs', async () => {
    const backend = server.backend();
    await backend.open();
    const costs = [0.1, 0.2, 0.000_000_000_001];
    const records = costs.map((costUsd) => callRecord({ cost: { source: 'table', costUsd } }));
    await backend.write(new Deliveries(instance(1), 1).next(records));
    const page = readFileSync(join(import.meta.dirname, '../../docs/clickhouse.md'), 'utf8');
    const [, query] = /```sql\n([^]*?);\n```/.exec(page)!;
    const rows = await server.rows(`SELECT feature, calls, toString(usd) FROM (${query})`);
    expect(rows).toEqual([['orders', 3, '0.300000000001']]);
  });
});
