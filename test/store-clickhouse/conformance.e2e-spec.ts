import { randomUUID } from 'node:crypto';
import { clickhouseStore } from 'nestjs-llm-telemetry/clickhouse';
import { storeConformance } from 'nestjs-llm-telemetry/store';
import type { CallOrigin } from '../../src/llm-telemetry/store/call-origin.js';
import { sharedSettings } from '../../src/llm-telemetry/store/thread/shared-settings.js';
import { ThreadedStore } from '../../src/llm-telemetry/store/thread/threaded-store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';

describe('a ClickHouse store', () => {
  const server = new ClickHouseServer();
  let database = '';
  let databases = 0;
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  function open(origin: CallOrigin): ThreadedStore {
    const instance = {
      ...origin,
      id: randomUUID(),
      host: 'localhost',
      pid: process.pid,
      startedAt: Date.now(),
    };
    const store = clickhouseStore({ url: server.url, database, buffer: 'memory' });
    // Without a worker, the sources are tested instead of the build.
    return new ThreadedStore(sharedSettings(store, instance), undefined, null, store.secrets);
  }

  const cases = storeConformance({
    open: async (origin) => {
      if (database !== '') await server.run(`DROP DATABASE IF EXISTS ${database} SYNC`);
      database = `llm_telemetry_${databases++}`;
      return open(origin);
    },
    reopen: (origin) => open(origin),
    sameQuantiles: true,
  });
  for (const { name, run } of cases) it(name, run);
});
