import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { Injectable } from '@nestjs/common';
import { LlmCall, StoreUnavailableError } from 'nestjs-llm-telemetry';
import type { CallStore } from 'nestjs-llm-telemetry/store';
import OpenAI from 'openai';
import { CALL_STORE } from '../../src/llm-telemetry/store/call-store.js';
import { ThreadedStore } from '../../src/llm-telemetry/store/thread/threaded-store.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import { WorkerClient } from '../../src/llm-telemetry/store/thread/worker-client.js';
import { monotonicMs, type WorkerMessage } from '../../src/llm-telemetry/store/thread/messages.js';
import { StoreWorker } from '../../src/llm-telemetry/store/thread/store-worker.js';
import { callRecord } from '../support/call-record.js';
import { poll } from '../support/poll.js';
import { startTelemetryApp } from '../support/telemetry-app.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Failures of the worker thread. The application sees only a log line. */

const folder = temporaryFolder();
const RANGE = { from: 0, to: Date.UTC(2100, 0) };

@Injectable()
class Summaries {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(): Promise<string> {
    const completion = await this.openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Summarize: two lamps.' }],
    });
    return completion.choices[0]?.message.content ?? '';
  }
}

describe('an application whose store fails', () => {
  const run = async (
    store: string | false,
  ): Promise<{ summary: string; warnings: string[]; calls: number }> => {
    const telemetry = await startTelemetryApp({
      providers: [Summaries],
      options: { store: store === false ? false : { path: store } },
      emulatorOptions: { seed: 3 },
    });
    try {
      const summary = await telemetry.get(Summaries).summarize();
      await telemetry.flush();
      const calls = telemetry.app.get<CallStore | null>(CALL_STORE, { strict: false });
      const measured = await calls?.measure({ range: RANGE });
      const warnings = telemetry.logger.entries
        .filter(({ level }) => level === 'warn')
        .map(({ text }) => text);
      return { summary, warnings, calls: measured?.groups[0]!.measures.calls ?? 0 };
    } finally {
      await telemetry.stop();
    }
  };

  it('behaves as without a store, keeps calls in memory, and logs one warning', async () => {
    const path = folder.file('calls.db');
    writeFileSync(path, 'This is no database. '.repeat(500));
    const [without, failing] = [await run(false), await run(path)];
    expect(failing.summary).toBe(without.summary);
    expect(failing.calls).toBe(1);
    expect(failing.warnings).toEqual([expect.stringContaining(`the file ${path} cannot be used`)]);
    expect(without.warnings).toEqual([]);
  });
});

describe('a worker thread that crashes', () => {
  let store: ThreadedStore;
  let link: WorkerClient;
  beforeEach(async () => {
    const start = import.meta.jest.spyOn(WorkerClient.prototype, 'post');
    store = new ThreadedStore(storeSettings({ path: folder.file('calls.db') }));
    store.record(callRecord());
    await store.flush();
    link = start.mock.contexts[0]! as WorkerClient;
    start.mockRestore();
  });
  afterEach(() => store.close());

  /** Ends the worker like a crash. */
  const kill = async (): Promise<void> => {
    const { worker } = link as unknown as { worker: Worker };
    const exit = once(worker, 'exit');
    await worker.terminate();
    await exit;
  };

  it('is restarted, and written calls are kept', async () => {
    await kill();
    await expect(store.measure({ range: RANGE })).rejects.toBeInstanceOf(StoreUnavailableError);
    store.record(callRecord());
    await restarted(store);
    const { written, dropped } = await store.status();
    expect(written).toBe(2);
    expect(dropped.worker_failed).toBe(0);
    const { groups } = await store.measure({ range: RANGE });
    expect(groups[0]!.measures.calls).toBe(2);
  });

  it('loses only calls that were not written, and they are counted as dropped', async () => {
    for (let made = 0; made < 200; made++) store.record(callRecord());
    const flushed = store.flush();
    await kill();
    await flushed;
    await restarted(store);
    const { written, dropped } = await store.status();
    expect(written + dropped.worker_failed).toBe(201);
  });
});

describe('a worker that is behind', () => {
  const jest = import.meta.jest;
  let handled: WorkerMessage[];
  let worker: StoreWorker;
  beforeEach(() => {
    handled = [];
    const settings = { ...storeSettings('memory'), sharedCounters: new Int32Array(new SharedArrayBuffer(8)) };
    worker = new StoreWorker(settings, (message) => handled.push(message));
  });
  afterEach(() => worker.handle({ type: 'close' }));

  const sendQuery = (id: number, expiresAt: number): void =>
    worker.handle({ type: 'query', id, name: 'measure', parameters: { range: RANGE }, expiresAt });

  it('skips queries that have timed out, so that it can catch up', async () => {
    sendQuery(1, monotonicMs() - 1);
    sendQuery(2, monotonicMs() + 10_000);
    // SQLite answers before the next turn of the event loop.
    await new Promise(setImmediate);
    expect(handled.filter(({ type }) => type === 'result')).toEqual([expect.objectContaining({ id: 2 })]);
  });

  it('rejects a query after 10 s, and a flush waits for its calls without a timeout', async () => {
    const post = jest.spyOn(WorkerClient.prototype, 'post').mockImplementation(() => undefined);
    jest.useFakeTimers();
    try {
      const store = new ThreadedStore(storeSettings({ path: folder.file('calls.db') }));
      const flushed = jest.fn();
      store.record(callRecord());
      void store.flush().then(flushed);
      const measured = store.measure({ range: RANGE }).catch((error: unknown) => error);
      await jest.advanceTimersByTimeAsync(60_000);
      expect(await measured).toEqual(new StoreUnavailableError('The store did not respond within 10 s.'));
      expect(flushed).not.toHaveBeenCalled();
      const { worker: thread } = post.mock.contexts[0] as unknown as { worker: Worker };
      const [flush] = post.mock.calls.flatMap(([request]) => (request.type === 'query' ? [request] : []));
      thread.emit('message', { type: 'result', id: flush!.id, result: null });
      await jest.advanceTimersByTimeAsync(0);
      expect(flushed).toHaveBeenCalled();
      await thread.terminate();
    } finally {
      jest.useRealTimers();
      post.mockRestore();
    }
  });
});

describe('a store that is closed', () => {
  it('rejects queries and counts new calls as dropped', async () => {
    const store = new ThreadedStore(storeSettings('memory'));
    await store.close();
    store.record(callRecord());
    await expect(store.calls({ range: RANGE })).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await store.status()).toMatchObject({ state: 'off', dropped: { closed: 1 } });
  });
});

describe('a record that cannot be encoded', () => {
  it('is counted as dropped without losing other records', async () => {
    const store = new ThreadedStore(storeSettings('memory'));
    const incomplete = { ...callRecord(), attempts: null as never };
    store.record(incomplete);
    store.record(incomplete);
    store.record(callRecord());
    expect(await store.status()).toMatchObject({
      kept: 1,
      written: 1,
      waiting: 0,
      dropped: { write_failed: 2 },
    });
    await store.close();
  });
});

describe('a burst of more calls than the queue holds', () => {
  it('drops and counts the excess calls without blocking the application', async () => {
    const store = new ThreadedStore(storeSettings('memory'));
    for (let made = 0; made < 60_000; made++) store.record(callRecord());
    const { dropped, kept, written } = await store.status();
    expect(dropped.queue_full).toBe(10_000);
    expect([kept, written]).toEqual([50_000, 50_000]);
    await store.close();
  });
});

/** Resolves when the store responds to queries again. */
async function restarted(store: ThreadedStore): Promise<void> {
  let last: unknown;
  await poll(
    () =>
      store.measure({ range: RANGE }).catch((error: unknown) => {
        if (!(error instanceof StoreUnavailableError)) throw error;
        last = error;
        return undefined;
      }),
    () => `the store responds. ${String(last)}`,
  );
}

describe('a worker that does not finish', () => {
  const hanging = (): { store: ThreadedStore; warnings: string[] } => {
    const worker = folder.file('hanging-worker.mjs');
    writeFileSync(
      worker,
      `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => {});`,
    );
    const warnings: string[] = [];
    const log = { troubleChanged: () => undefined, warn: (message: string) => void warnings.push(message) };
    const store = new ThreadedStore(storeSettings({ path: folder.file('calls.db') }), log, worker);
    for (let calls = 0; calls < 3; calls++) store.record(callRecord());
    return { store, warnings };
  };
  const dropped = /^Store: 3 calls were dropped, because writing them to \S+calls\.db took longer than 3 s/;

  it('drops its calls with a warning when the application stops', async () => {
    const { store, warnings } = hanging();
    await store.close();
    expect(warnings).toEqual([expect.stringMatching(dropped)]);
    expect((await store.status()).dropped.worker_failed).toBe(3);
  });

  it('drops its calls with a warning when the process exits', async () => {
    const { store, warnings } = hanging();
    const before = process.listeners('exit');
    void store.flush();
    const added = process.listeners('exit').filter((listener) => !before.includes(listener));
    expect(added).toHaveLength(1);
    added[0]!.call(process, 0);
    expect(warnings).toEqual([expect.stringMatching(dropped)]);
    await store.close();
  });
});
