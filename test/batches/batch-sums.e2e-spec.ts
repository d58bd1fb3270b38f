import type { CallRecord } from 'nestjs-llm-telemetry';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import type { Measures } from '../../src/llm-telemetry/store/measures.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { Digests, startBatches } from './digests.js';

const folder = temporaryFolder();
const PROMPTS = ['Summarize the news.', 'Summarize the weather.', 'Summarize the results.'];

async function measuresOf(store: CallStore): Promise<Measures> {
  const { groups } = await store.measure({ range: { from: 0, to: Date.now() + 3_600_000 }, quantiles: true });
  return groups[0]!.measures;
}

const costOf = (records: readonly CallRecord[]): number =>
  records.reduce((sum, { cost }) => sum + (cost.costUsd ?? Number.NaN), 0);

describe('the usage that the final poll of a batch reports', () => {
  it('is recorded as one call if the results were not downloaded until the application stops', async () => {
    const { get, app, emulator, records } = await startBatches();
    await get(Digests).poll(await get(Digests).submit(...PROMPTS));
    await app.close();
    const billed = emulator.ledger.entries();
    const sum = (of: 'inputTokens' | 'outputTokens'): number =>
      billed.reduce((all, entry) => all + entry[of], 0);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      feature: 'digests',
      operation: 'submit',
      model: 'gpt-4o-mini-2024-07-18',
      batch: { item: null },
      usage: {
        inputTokens: sum('inputTokens'),
        outputTokens: sum('outputTokens'),
        serviceTier: 'batch',
        source: 'provider',
      },
      failure: null,
    });
    expect(records[0]!.cost.costUsd).toBeCloseTo(
      (sum('inputTokens') * 0.15 + sum('outputTokens') * 0.6) / 2 / 1e6,
      12,
    );
  });

  it('is not recorded if the results are downloaded after the poll', async () => {
    const { get, app, records } = await startBatches();
    const id = await get(Digests).submit(...PROMPTS);
    await get(Digests).poll(id);
    await get(Digests).collect(id);
    await app.close();
    expect(records.map(({ batch }) => batch?.item).sort()).toEqual(['digest-0', 'digest-1', 'digest-2']);
  });

  it('is recorded once, although the batch is polled after it', async () => {
    const options = { store: { path: folder.file('calls.db') } };
    const first = await startBatches(options);
    const id = await first.get(Digests).submit(...PROMPTS);
    await first.get(Digests).poll(id);
    await first.app.close();
    const second = await startBatches(options, first);
    await second.get(Digests).poll(id);
    await second.app.close();
    expect(first.records).toHaveLength(1);
    expect(second.records).toEqual([]);
  });

  it('is replaced in the store by the items of a later download, which other sinks have counted already', async () => {
    const options = { store: { path: folder.file('calls.db') } };
    const first = await startBatches(options);
    const id = await first.get(Digests).submit(...PROMPTS);
    await first.get(Digests).poll(id);
    await first.app.close();
    const cost = costOf(first.records);

    const second = await startBatches(options, first);
    const store = second.app.get<CallStore>(CALL_STORE);
    expect(await measuresOf(store)).toMatchObject({ calls: 1 });
    await second.get(Digests).collect(id);
    await second.flush();
    expect(second.records).toEqual([]);
    const { calls } = await store.calls({ range: { from: 0, to: Date.now() + 3_600_000 } });
    expect(calls.map(({ feature }) => feature)).toEqual(['digests', 'digests', 'digests']);
    const measures = await measuresOf(store);
    expect(measures).toMatchObject({ calls: 3, attempts: 3, billedCalls: 3, duration: null });
    expect(measures.costUsd).toBeCloseTo(cost, 12);
    expect(await store.status()).toMatchObject({ kept: 3 });
  });
});
