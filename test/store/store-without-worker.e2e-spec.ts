import { ThreadedStore } from '../../src/llm-telemetry/store/thread/threaded-store.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import { callRecord } from '../support/call-record.js';

/** From microsoft/node-jsonc-parser#57 and pinojs/pino#2048: bundles do not contain the file of the worker. */
describe('a store whose worker file is missing', () => {
  it('keeps calls in memory, responds to queries, and logs one warning', async () => {
    const troubles: unknown[] = [];
    const settings = storeSettings({ path: '/nowhere/calls.db' });
    const log = { troubleChanged: (trouble: unknown) => troubles.push(trouble), warn: () => undefined };
    const store = new ThreadedStore(settings, log, null);
    expect(troubles).toMatchObject([
      { reason: 'worker_missing', message: expect.stringContaining('Mark nestjs-llm-telemetry as external') },
    ]);
    store.record(callRecord({ operation: 'first' }));
    store.record(callRecord({ operation: 'second' }));
    const { calls } = await store.calls({ range: { from: 0, to: Date.now() + 60_000 } });
    expect(calls.map(({ operation }) => operation).toSorted()).toEqual(['first', 'second']);
    expect(await store.status()).toMatchObject({
      state: 'memory',
      trouble: { reason: 'worker_missing' },
      kept: 2,
      dropped: { worker_failed: 0 },
    });
    await store.close();
    expect(troubles).toHaveLength(1);
  });
});
