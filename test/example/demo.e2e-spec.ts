import { fileURLToPath } from 'node:url';
import { EventStream } from '../support/event-stream.js';
import { NodeProcess } from '../support/node-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MAIN = fileURLToPath(new URL('../../dist/esm/example/demo/main.js', import.meta.url));

/** Runs the program that `npm run demo` starts after the build. */
describe('the demo', () => {
  const folder = temporaryFolder();
  afterEach(() => NodeProcess.killAll());

  it('serves a dashboard with new calls until it is stopped', async () => {
    const demo = new NodeProcess([MAIN], { cwd: folder.path, env: { PORT: '0' } });
    const [, address] = await demo.printed(/Dashboard: (http\S+)\n/);
    const { port, pathname } = new URL(address!);
    expect((await fetch(address!)).headers.get('content-type')).toContain('text/html');

    const calls = async (): Promise<number> => {
      const summary = (await (await fetch(`${address}/api/summary`)).json()) as { calls: number };
      return summary.calls;
    };
    const before = await calls();
    // Number of sample calls.
    expect(before).toBeGreaterThanOrEqual(112);
    const live = await EventStream.open(Number(port), `${pathname}/api/live`);
    for (let round = 0; round < 2; round++) {
      const { calls } = (await live.next('calls')) as { calls: unknown[] };
      expect(calls.length).toBeGreaterThan(0);
    }
    expect(await calls()).toBeGreaterThan(before);

    demo.kill('SIGINT');
    expect(await demo.ended).toEqual({ code: 0, signal: null });
    // The service has stopped too, and its connections are closed.
    await live.ended();
    await expect(fetch(address!)).rejects.toThrow();
  }, 90_000);
});
