import { randomUUID } from 'node:crypto';
import { clickhouseStore } from 'nestjs-llm-telemetry/clickhouse';
import { postgresStore } from 'nestjs-llm-telemetry/postgres';
import { storeConformance } from 'nestjs-llm-telemetry/store';
import type { CallOrigin } from '../../../src/llm-telemetry/store/call-origin.js';
import { sharedSettings } from '../../../src/llm-telemetry/store/thread/shared-settings.js';
import { ThreadedStore } from '../../../src/llm-telemetry/store/thread/threaded-store.js';
import type { SharedDatabase } from '../../support/shared-database.js';

/** On a busy machine, one flush can end before thousands of calls are written. */
class PatientStore extends ThreadedStore {
  override async flush(): Promise<void> {
    do await super.flush();
    while ((await this.status()).waiting > 0);
  }
}

/** The conformance suite, on a store of the sources. */
export function conformanceScenarios(database: SharedDatabase): void {
  const describeStore = { postgres: postgresStore, clickhouse: clickhouseStore }[database.kind] as (
    options: object,
  ) => ReturnType<typeof postgresStore>;

  function open(origin: CallOrigin): PatientStore {
    const process_ = { id: randomUUID(), host: 'localhost', pid: process.pid, startedAt: Date.now() };
    const store = describeStore({ ...database.options(true), buffer: 'memory' });
    // Without a worker, the sources are tested instead of the build.
    return new PatientStore(
      sharedSettings(store, { ...origin, ...process_ }),
      undefined,
      null,
      store.secrets,
    );
  }

  describe('a store', () => {
    const cases = storeConformance({
      open: async (origin) => {
        await database.reset();
        return open(origin);
      },
      reopen: (origin) => open(origin),
      sameQuantiles: true,
    });
    for (const { name, run } of cases) it(name, run);
  });
}
