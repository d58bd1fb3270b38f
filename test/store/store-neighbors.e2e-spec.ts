import { DatabaseSync } from 'node:sqlite';
import { SqliteEngine } from '../../src/llm-telemetry/store/thread/sqlite-engine.js';
import type { EngineListener } from '../../src/llm-telemetry/store/thread/engine.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { callRecord } from '../support/call-record.js';
import { TestInstance } from '../support/deliveries.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const RETENTION = { callMs: 1e9, rollupMs: 1e9, maxBytes: 1e9 };
const START = Date.UTC(2026, 10, 24, 12);

describe('stores of several instances in one folder', () => {
  const folder = temporaryFolder();
  const engines: SqliteEngine[] = [];
  let now: number;
  let warnings: string[];
  beforeEach(() => {
    now = START;
    warnings = [];
  });
  afterEach(() => {
    for (const engine of engines.splice(0)) engine.close();
  });

  function open(file: string, instance: string, service = 'shop'): SqliteEngine {
    const ignore = (): void => undefined;
    const listener: EngineListener = {
      stateChanged: ignore,
      warningRaised: (message) => void warnings.push(`${instance}: ${message}`),
      callsLost: ignore,
      outboxChanged: ignore,
    };
    const { own } = new TestInstance({ service, instance, environment: 'test' });
    const clock = { wall: () => now, monotonic: () => now };
    const settings = { path: folder.file(file), inFile: RETENTION, inMemory: RETENTION, instance: own };
    const engine = new SqliteEngine(settings, listener, clock);
    engines.push(engine);
    return engine;
  }

  /** Each instance shows a sign of life. */
  function live(): void {
    for (const engine of engines) engine.write([encodeRecord(callRecord({ endedAt: now }))]);
  }

  async function separateOf(engine: SqliteEngine): Promise<readonly string[] | undefined> {
    return (await engine.query('stats', null)).separateInstances;
  }

  it('are noticed without a page, and logged once by each', async () => {
    const [first, second] = [open('a.db', 'shop-a'), open('b.db', 'shop-b')];
    live();
    expect(await separateOf(first)).toEqual([]);
    // Longer than a deployment during which the old and the new process run.
    now += 91_000;
    live();
    expect(await separateOf(first)).toEqual(['shop-b']);
    expect(await separateOf(second)).toEqual([]);
    now += 91_000;
    live();
    expect(await separateOf(first)).toEqual(['shop-b']);
    expect(await separateOf(second)).toEqual(['shop-a']);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^shop-a: Store: "shop-b" of the same service store their calls in other files beside .*a\.db/,
      ),
      expect.stringMatching(/^shop-b: Store: "shop-a" /),
    ]);
  });

  it('are not named if they share the file, are of another service, or have ended', async () => {
    const first = open('a.db', 'shop-a');
    open('a.db', 'shop-b');
    open('c.db', 'mail-a', 'mail');
    const ended = open('d.db', 'shop-d');
    live();
    await separateOf(first);
    engines.splice(engines.indexOf(ended), 1)[0]!.close();
    for (let minute = 0; minute < 4; minute++) {
      now += 61_000;
      live();
      expect(await separateOf(first)).toEqual([]);
    }
    expect(warnings).toEqual([]);
  });

  it('are looked for without touching databases of other applications', async () => {
    const foreign = new DatabaseSync(folder.file('foreign.db'));
    foreign.exec('PRAGMA journal_mode = WAL; CREATE TABLE instance (uuid TEXT, name TEXT)');
    const first = open('a.db', 'shop-a');
    now += 200_000;
    expect(await separateOf(first)).toEqual([]);
    expect(foreign.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 1 });
    foreign.close();
  });
});
