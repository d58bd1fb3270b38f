import { fileURLToPath } from 'node:url';
import { NodeProcess } from '../support/node-process.js';
import { poll } from '../support/poll.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MAIN = fileURLToPath(new URL('../../dist/esm/example/demo/main.js', import.meta.url));
/** Number of sample calls. */
const CALLS = 112;

/** Runs the program that `npm run demo -- --fleet` starts after the build. */
describe('the demo of a fleet', () => {
  const folder = temporaryFolder();
  afterEach(() => NodeProcess.killAll());

  it('shows the calls of all instances, and goes on when one is killed', async () => {
    const demo = new NodeProcess([MAIN, '--fleet'], { cwd: folder.path, env: { PORT: '0' } });
    const [, pid] = await demo.printed(/kill -9 (\d+)\n/);
    const [, address] = await demo.printed(/Dashboard: (http\S+)\n/);
    const calls = async (): Promise<number> => {
      const response = await fetch(`${address}/api/summary`);
      return response.ok ? ((await response.json()) as { calls: number }).calls : 0;
    };
    await poll(
      async () => ((await calls()) >= CALLS ? true : undefined),
      () => 'the calls are not all stored',
    );
    process.kill(Number(pid), 'SIGKILL');
    await demo.printed(/Instance 1 ended\. 2 of 3 instances serve the requests\./);
    const before = await calls();
    expect(before).toBeGreaterThanOrEqual(CALLS);
    await poll(
      async () => ((await calls()) > before ? true : undefined),
      () => 'the other instances add no calls',
    );
    demo.kill('SIGINT');
    expect(await demo.ended).toEqual({ code: 0, signal: null });
    await expect(fetch(address!)).rejects.toThrow();
  }, 120_000);

  it('uses the database of LLM_STORE_URL', async () => {
    const cluster = await PostgresCluster.start();
    try {
      const url = await cluster.createDatabase();
      const env = { PORT: '0', LLM_STORE_URL: url };
      const demo = new NodeProcess([MAIN, '--fleet', '--once'], { cwd: folder.path, env });
      await demo.printed(/3 instances with one store in LLM_STORE_URL:/);
      expect(await demo.ended).toEqual({ code: 0, signal: null });
      const [row] = await cluster.query('SELECT count(*)::int AS calls FROM llm_telemetry.call', url);
      expect(row).toEqual({ calls: CALLS });
    } finally {
      await cluster.stop();
    }
  }, 120_000);
});
