import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { byItem, Digests, startBatches as start } from './digests.js';

const folder = temporaryFolder();

describe('a batch of OpenAI', () => {
  it('records each item once, at the price of batches, for the feature that created the batch', async () => {
    const { get, records, flush, emulator } = await start();
    const digests = get(Digests);
    const id = await digests.submit('Summarize the news.', 'Summarize the weather.');
    expect(await digests.collect(id)).toContain('"custom_id":"digest-1"');
    await flush();
    expect(records.map(({ feature, operation }) => `${feature}/${operation}`)).toEqual([
      'digests/submit',
      'digests/submit',
    ]);
    for (const record of records) {
      const billed = emulator.ledger.find(record.attempts[0]!.requestId!)!;
      expect(billed.serviceTier).toBe('batch');
      expect(record.usage).toMatchObject({
        inputTokens: billed.inputTokens,
        outputTokens: billed.outputTokens,
        serviceTier: 'batch',
      });
      expect(record.cost.costUsd).toBeCloseTo(
        (billed.inputTokens * 0.15 + billed.outputTokens * 0.6) / 2 / 1e6,
        12,
      );
      expect(record).toMatchObject({ provider: 'openai', model: 'gpt-4o-mini-2024-07-18', durationMs: 0 });
    }
    expect(Object.keys(byItem(records)).sort()).toEqual(['digest-0', 'digest-1']);
  });

  it('records nothing for creating and polling a batch, and logs no warning about them', async () => {
    const { get, records, flush, logger } = await start();
    const digests = get(Digests);
    await digests.poll(await digests.submit('Summarize the news.'));
    await flush();
    expect(records).toEqual([]);
    expect(logger.entries.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('records nothing for a second download', async () => {
    const { get, records, flush } = await start();
    const digests = get(Digests);
    const id = await digests.submit('Summarize the news.');
    await digests.collect(id);
    await flush();
    await digests.collect(id);
    await flush();
    expect(records).toHaveLength(1);
  });

  it('records the errors of items with their types', async () => {
    const { get, records, flush } = await start();
    const digests = get(Digests);
    await digests.collect(await digests.submit('Summarize the news.', '[emulate context_length] Long.'));
    await flush();
    const { 'digest-0': right, 'digest-1': failed } = byItem(records);
    expect(right).toMatchObject({ failure: null, finishReason: 'stop' });
    expect(failed).toMatchObject({
      failure: { type: 'context_window_exceeded' },
      usage: null,
      cost: { source: null, costUsd: 0 },
    });
  });
});

describe('a batch of Anthropic', () => {
  it('records each item once, at the price of batches, for the feature that created the batch', async () => {
    const { get, records, flush, emulator } = await start();
    const digests = get(Digests);
    const id = await digests.submitMessages(
      'My printer is broken.',
      '[emulate overloaded] My screen is black.',
    );
    expect(await digests.collectMessages(id)).toBe(1);
    await flush();
    expect(await digests.collectMessages(id)).toBe(1);
    await flush();
    const { 'ticket-0': right, 'ticket-1': failed } = byItem(records);
    expect(records).toHaveLength(2);
    const billed = emulator.ledger.entries().find(({ status }) => status === 200);
    expect(right).toMatchObject({
      feature: 'triage',
      operation: 'submit',
      usage: {
        inputTokens: billed!.inputTokens,
        outputTokens: billed!.outputTokens,
        serviceTier: 'batch',
      },
    });
    expect(right!.cost.costUsd).toBeCloseTo((billed!.inputTokens + billed!.outputTokens * 5) / 2 / 1e6, 12);
    expect(failed).toMatchObject({ feature: 'triage', failure: { type: 'overloaded' } });
  });
});

describe('a batch after a restart', () => {
  it('is recorded for the feature that created it, and its items are not recorded again', async () => {
    const options = { store: { path: folder.file('calls.db') } };
    const first = await start(options);
    const id = await first.get(Digests).submit('Summarize the news.');
    await first.app.close();

    const second = await start(options, first);
    await second.get(Digests).collect(id);
    await second.flush();
    expect(second.records.map(({ feature }) => feature)).toEqual(['digests']);
    await second.app.close();

    const third = await start(options, first);
    await third.get(Digests).collect(id);
    await third.flush();
    expect(third.records).toEqual([]);
    expect(await third.app.get<CallStore>(CALL_STORE).status()).toMatchObject({ kept: 1 });
  });
});
