import { PostgresServer } from './postgres-server.js';
import { RoundRobinProxy } from './round-robin-proxy.js';
import { keepSending, sampleRequests, sendAll } from './sample-requests.js';
import { freePort, ServiceProcess } from './service-process.js';

const INSTANCES = 3;

/**
 * Runs three instances of the example service with one store in PostgreSQL, behind a proxy: each shows the dashboard of all.
 * The database is that of `LLM_STORE_URL`, else a temporary one of the installed PostgreSQL.
 */
export async function fleetDemo(): Promise<void> {
  const given = process.env['LLM_STORE_URL'];
  const server = given ? null : await PostgresServer.start();
  const storeUrl = given || server?.url;
  if (storeUrl === undefined) {
    console.error(
      'PostgreSQL is not installed. Install it, such as with "apt-get install postgresql" or "brew install postgresql", or set LLM_STORE_URL to the URL of a database.',
    );
    process.exitCode = 1;
    return;
  }
  const running = new Set<ServiceProcess>();
  const proxy = new RoundRobinProxy(() => [...running].map(({ port }) => port));
  const stop = async (code: number): Promise<never> => {
    proxy.close();
    await Promise.all([...running].map((instance) => instance.stop()));
    await server?.stop();
    process.exit(code);
  };
  process.once('SIGINT', () => void stop(0));
  process.once('SIGTERM', () => void stop(0));

  try {
    const port = await freePort(Number(process.env['PORT'] || 3000));
    await proxy.listen(port);
    const url = `http://127.0.0.1:${port}`;
    for (let number = 1; number <= INSTANCES; number++) {
      const instance = new ServiceProcess(await freePort(0), {
        LLM_EMULATOR: 'on',
        LLM_STORE_URL: storeUrl,
        OTEL_RESOURCE_ATTRIBUTES: `service.version=0.1.0,service.instance.id=example-${number}`,
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      });
      await instance.ready();
      running.add(instance);
      instance.onExit(() => {
        running.delete(instance);
        console.log(
          `Instance ${number} ended. ${running.size} of ${INSTANCES} instances serve the requests.`,
        );
        if (running.size === 0) void stop(1);
      });
    }
    const instances = [...running].map(({ pid, url: own }) => `  ${own}  kill -9 ${pid}`);
    console.log(
      `${INSTANCES} instances with one store in ${server ? 'a temporary PostgreSQL' : 'LLM_STORE_URL'}:\n`,
    );
    console.log(`${instances.join('\n')}\n`);
    const unanswered = await sendAll(sampleRequests(url));
    if (unanswered > 0) console.error(`${unanswered} requests failed without a response.`);
    console.log(
      `\nDashboard: ${url}/llm\n\n` +
        'Each instance shows the calls of all. Kill one with its command above: the dashboard goes on with the others.\n' +
        'The instances run until you press Ctrl-C and receive a request every few seconds.\n',
    );
    if (process.argv.includes('--once')) await stop(unanswered > 0 ? 1 : 0);
    void keepSending(sampleRequests(url));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    await stop(1);
  }
}
