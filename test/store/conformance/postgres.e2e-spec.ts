import { randomUUID } from 'node:crypto';
import { storeConformance } from 'nestjs-llm-telemetry/store';
import type { CallOrigin } from '../../../src/llm-telemetry/store/call-origin.js';
import { postgresStore } from '../../../src/llm-telemetry/store/postgres/postgres-store.js';
import { sharedSettings } from '../../../src/llm-telemetry/store/thread/shared-settings.js';
import { ThreadedStore } from '../../../src/llm-telemetry/store/thread/threaded-store.js';
import { PostgresCluster } from '../../support/postgres-cluster.js';

import.meta.jest.setTimeout(120_000);

describe('a PostgreSQL store', () => {
  let cluster: PostgresCluster;
  let url: string;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });
  afterAll(() => cluster?.stop());

  function open(origin: CallOrigin): ThreadedStore {
    const instance = {
      ...origin,
      id: randomUUID(),
      host: 'localhost',
      pid: process.pid,
      startedAt: Date.now(),
    };
    const store = postgresStore({ connection: url, buffer: 'memory' });
    // Without a worker, the sources are tested instead of the build.
    return new ThreadedStore(sharedSettings(store, instance), undefined, null);
  }

  const cases = storeConformance({
    open: async (origin) => {
      url = await cluster.createDatabase();
      return open(origin);
    },
    reopen: (origin) => open(origin),
    sameQuantiles: true,
  });
  for (const { name, run } of cases) it(name, run);
});
