import fc from 'fast-check';
import request from 'supertest';
import { Injectable } from '@nestjs/common';
import { currentLlmCall, LlmCall, type CallRecord, type StoredCall } from 'nestjs-llm-telemetry';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { ThreadedStore } from '../../src/llm-telemetry/store/thread/threaded-store.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import { arbitraryRecord } from '../support/arbitrary-records.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MINUTE = 60_000;

/** Returns the newest call of a store. */
async function newest(store: CallStore, from: number): Promise<StoredCall | null> {
  await store.flush();
  const { calls } = await store.calls({ range: { from, to: from + 1440 * MINUTE }, limit: 1 });
  return calls[0] ? store.call(calls[0].id) : null;
}

describe('a record in a SQLite store', () => {
  const folder = temporaryFolder();
  let store: ThreadedStore;
  afterEach(() => store.close());

  it.each(['stored', 'memory'] as const)('is read with the values that were written (%s)', async (state) => {
    store = new ThreadedStore(storeSettings(state === 'memory' ? state : { path: folder.file('calls.db') }));
    const start = Date.now() - 600 * MINUTE;
    let written = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryRecord(), async (arbitrary) => {
        // Retention deletes calls by age, so each call is a second later than the preceding one.
        const record: CallRecord = { ...arbitrary, startedAt: start + ++written * 1000, durationMs: 500 };
        store.record(record);
        const stored = await newest(store, start);
        expect(stored?.record).toEqual(record);
      }),
      { numRuns: 100 },
    );
    expect(await store.status()).toMatchObject({ state, written, kept: written });
  });
});

@Injectable()
class Assistant {
  @LlmCall({ feature: 'orders', operation: 'summarize' })
  summarize(): void {
    const usage = { inputTokens: 1000, outputTokens: 200 };
    currentLlmCall()!.recordResponse({ provider: 'openai', model: 'gpt-4o-mini', usage });
  }
}

describe('a call that exceeded a budget', () => {
  let telemetry: TelemetryApp;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({
      providers: [Assistant],
      options: { budgets: [{ usd: 0.000_000_001, per: 'day', onExceed: 'warn' }] },
    });
    telemetry.get(Assistant).summarize();
    telemetry.get(Assistant).summarize();
    await telemetry.flush();
  });
  afterAll(() => telemetry.stop());

  const download = async (path: string): Promise<string> => {
    const response = await request(telemetry.app.getHttpServer() as never)
      .get(path)
      .buffer(true)
      .parse((incoming, done) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => (text += chunk));
        incoming.on('end', () => done(null, text));
      })
      .expect(200);
    return response.body as string;
  };

  it('is marked in the store', async () => {
    const store = telemetry.app.get<CallStore>(CALL_STORE, { strict: false });
    const call = await newest(store, Date.now() - MINUTE);
    expect([call?.budgetExceeded, call?.record.budgetExceeded]).toEqual([true, true]);
  });

  it('is marked in NDJSON', async () => {
    const calls = (await download('/llm/api/calls.ndjson?order=asc')).trim().split('\n');
    expect(calls.map((line) => (JSON.parse(line) as StoredCall).budgetExceeded)).toEqual([false, true]);
  });

  it('is marked in CSV', async () => {
    const [head, ...lines] = (await download('/llm/api/calls.csv?order=asc')).trim().split('\r\n');
    const column = head!.split(',').indexOf('budget_exceeded');
    expect(lines.map((line) => line.split(',')[column])).toEqual(['false', 'true']);
  });
});
