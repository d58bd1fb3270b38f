import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import type { StoreStatus } from '../../src/llm-telemetry/store/call-store.js';
import { describeSharedStore } from '../../src/llm-telemetry/store/shared-store.js';
import { type SharedSettings, sharedSettings } from '../../src/llm-telemetry/store/thread/shared-settings.js';
import { ThreadedStore } from '../../src/llm-telemetry/store/thread/threaded-store.js';
import { WorkerClient } from '../../src/llm-telemetry/store/thread/worker-client.js';
import { callRecord } from '../support/call-records.js';
import { DatabaseServer } from '../support/database-server.js';
import { FakeDatabase } from '../support/fake-database.js';
import { NodeProcess } from '../support/node-process.js';
import { poll } from '../support/poll.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Processes of the built library that share a database: how they end, and who delivers their calls. */

import.meta.jest.setTimeout(60_000);

const PROGRAM = fileURLToPath(new URL('../process/shared-store.mjs', import.meta.url));
/** The compiled worker: the backend of these tests throws errors of compiled modules. */
const WORKER = fileURLToPath(
  new URL('../../dist/modules/llm-telemetry/store/thread/main.js', import.meta.url),
);
const folder = temporaryFolder();
let database: FakeDatabase;
let server: DatabaseServer;
let url: string;
beforeEach(async () => {
  database = new FakeDatabase();
  server = new DatabaseServer(database);
  url = await server.listen();
});
afterEach(async () => {
  await NodeProcess.killAll();
  await server.close();
});

type Ending = 'exit' | 'close' | 'never';

function start(
  calls: number,
  ending: Ending,
  path = folder.file('outbox'),
  more: Record<string, string> = {},
): NodeProcess {
  const env = { RECORD: JSON.stringify(callRecord()), ...more };
  return new NodeProcess([PROGRAM, url, path, String(calls), ending], { cwd: folder.path, env });
}

/** Settings of a store in the process of the test. */
function settingsOfStore(): SharedSettings {
  const names = { service: null, version: null, environment: null, instance: null };
  const own = { id: randomUUID(), ...names, host: 'host', pid: 1, startedAt: 0 };
  const buffer = { path: folder.file('outbox'), maxBytes: 1e9 };
  const description = describeSharedStore({ kind: 'postgres', where: 'test', settings: { url }, buffer });
  const module = new URL('../process/remote-backend.mjs', import.meta.url).href;
  return { ...sharedSettings(description, own), module };
}

/** Starts a process without calls of its own, which delivers those of others, and ends it. */
async function deliverRest(): Promise<void> {
  const next = start(1, 'never');
  await next.printed(/"state":"stored","waiting":0,"written":\d*[1-9]/);
  next.kill('SIGTERM');
  await next.ended;
}

describe('a process with a shared database', () => {
  it.each(['exit', 'close'] as const)('delivers its last calls when it ends: %s', async (ending) => {
    const service = start(300, ending);
    expect({ ...(await service.ended), stderr: service.stderr }).toEqual({
      code: 0,
      signal: null,
      stderr: '',
    });
    expect([database.calls.size, database.violations]).toEqual([300, []]);
    expect(readdirSync(folder.file('outbox'))).toEqual([]);
  });

  it.each(['exit', 'close'] as const)(
    'leaves its last calls to the next start while the database is away: %s',
    async (ending) => {
      database.away = 'unreachable';
      const service = start(300, ending);
      expect((await service.ended).code).toBe(0);
      expect(database.calls.size).toBe(0);
      database.away = null;
      await deliverRest();
      expect([database.calls.size, database.violations]).toEqual([301, []]);
    },
  );

  it('logs the calls in memory that are lost', async () => {
    database.away = 'unreachable';
    const service = start(300, 'close', 'memory');
    await service.ended;
    expect(service.stdout).toContain('Store: 300 calls were dropped: they were in memory only');
    expect(service.stdout).toContain('closed {"waiting":0,"written":0,"lost":300}');
    expect(existsSync(folder.file('outbox'))).toBe(false);
  });

  it('passes the password from the function of the application to its thread', async () => {
    await start(1, 'close', undefined, { PASSWORD: 'the password' }).ended;
    expect([...server.passwords]).toEqual(['the password']);
    expect(database.calls.size).toBe(1);
  });

  it('shows where it delivers, and calls that wait', async () => {
    database.away = 'unreachable';
    const service = start(100, 'never');
    await service.printed(/"kind":"postgres","where":"test","state":"buffered","waiting":100,"written":0/);
    database.away = null;
    await service.printed(/"state":"stored","waiting":0,"written":100/);
    expect(service.stdout.match(/cannot be used/g)).toHaveLength(1);
    expect(service.stdout.match(/The database is back/g)).toHaveLength(1);
  });
});

describe('a process that is killed', () => {
  it('while the database is away loses no call in its outbox, which the next process delivers', async () => {
    database.away = 'unreachable';
    const service = start(5000, 'never');
    await service.printed(/"waiting":5000/);
    service.kill('SIGKILL');
    await service.ended;
    database.away = null;
    await deliverRest();
    expect([database.calls.size, database.violations]).toEqual([5001, []]);
  });

  it('between a COMMIT and its answer leaves a delivery that is written once', async () => {
    server.isMute = true;
    const service = start(200, 'never');
    await poll(
      async () => database.calls.size || undefined,
      () => 'a delivery is committed',
    );
    service.kill('SIGKILL');
    await service.ended;
    const written = database.calls.size;
    expect(written).toBeGreaterThan(0);
    server.isMute = false;
    await deliverRest();
    expect([database.calls.size, database.violations]).toEqual([201, []]);
    expect(database.repeated).toBe(1);
  });

  it('leaves an outbox that one of several processes adopts', async () => {
    database.away = 'unreachable';
    const service = start(2000, 'never');
    await service.printed(/"waiting":2000/);
    service.kill('SIGKILL');
    await service.ended;
    database.away = null;
    const adopters = [start(100, 'close'), start(100, 'close'), start(100, 'close')];
    for (const adopter of adopters) expect((await adopter.ended).code).toBe(0);
    await deliverRest();
    expect([database.calls.size, database.violations]).toEqual([2301, []]);
  });
});

describe('a worker thread that crashes', () => {
  it('is restarted, and the calls in its outbox are delivered once', async () => {
    const post = import.meta.jest.spyOn(WorkerClient.prototype, 'post');
    const store = new ThreadedStore(settingsOfStore(), undefined, WORKER);
    database.away = 'unreachable';
    for (let made = 0; made < 200; made++) store.record(callRecord());
    await store.flush();
    const { worker } = post.mock.contexts[0] as unknown as { worker: Worker };
    post.mockRestore();
    await worker.terminate();
    database.away = null;
    await poll(
      async () => {
        store.record(callRecord());
        return database.calls.size > 200 || undefined;
      },
      () => 'the calls are delivered',
    );
    await store.close();
    const { written, dropped } = await store.status();
    expect([database.calls.size, database.violations]).toEqual([written, []]);
    expect(dropped.worker_failed).toBe(0);
    expect(readdirSync(folder.file('outbox'))).toEqual([]);
  });
});

describe("a store whose worker's file is missing", () => {
  it("delivers in the application's thread, with one warning", async () => {
    const troubles: Array<string | undefined> = [];
    const log = {
      troubleChanged: (trouble: StoreStatus['trouble']) => void troubles.push(trouble?.message),
      warn: (message: string) => void troubles.push(message),
    };
    const store = new ThreadedStore(settingsOfStore(), log, null);
    for (let made = 0; made < 3; made++) store.record(callRecord());
    await store.flush();
    expect(database.calls.size).toBe(3);
    await store.close();
    expect(troubles).toEqual([expect.stringContaining("are delivered in the application's thread")]);
    expect(await store.status()).toMatchObject({ written: 3, waiting: 0 });
  });
});
