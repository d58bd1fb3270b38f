import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ExampleService, type Answer } from './support/example-service.js';
import { Collector, PROTOCOLS, type Protocol } from './support/otlp/collector.js';
import { TROUBLES, TroubledCollector } from './support/otlp/troubled-collector.js';

/** A failing Collector must not delay or change calls of the application, or make memory grow. */

const heap = fileURLToPath(new URL('../process/heap.mjs', import.meta.url));

const ORDER = 'Order #1: 2 x Espresso cups. Total: 29.90.';
const REQUESTS: ReadonlyArray<(service: ExampleService) => Promise<Answer>> = [
  (service) => service.summarize(ORDER),
  (service) => service.stream(ORDER),
  (service) => service.classify('I was charged twice.'),
  (service) => service.summarize(`${ORDER} [emulate rate_limit attempts=1 retry_after=0]`),
  (service) => service.summarize(`${ORDER} [emulate truncate after=5]`),
  (service) => service.summarize(`${ORDER} [emulate bad_request]`),
];

const ask = (service: ExampleService): Promise<Answer[]> =>
  Promise.all(REQUESTS.map((request) => request(service)));

/** Short intervals and timeouts, so that a test observes many exports. */
const SHORT_INTERVALS = {
  OTEL_BSP_SCHEDULE_DELAY: '20',
  OTEL_METRIC_EXPORT_INTERVAL: '200',
  OTEL_METRIC_EXPORT_TIMEOUT: '200',
};

const exporting = (protocol: Protocol, url: string): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
});

/** Responses of the service without export. */
let expectedAnswers: readonly Answer[];
beforeAll(async () => {
  const service = await ExampleService.start({});
  expectedAnswers = await ask(service);
  await service.remove();
});

it('the service responds as expected without export', () => {
  expect(expectedAnswers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 503]);
});

describe.each(PROTOCOLS)('export to a Collector by %s', (protocol) => {
  describe('that misbehaves', () => {
    let collector: TroubledCollector;
    let service: ExampleService;
    beforeAll(async () => {
      collector = await TroubledCollector.start(protocol);
      service = await ExampleService.start({
        ...SHORT_INTERVALS,
        OTEL_EXPORTER_OTLP_TIMEOUT: '500',
        ...exporting(protocol, collector.url),
      });
    });
    afterAll(async () => {
      await service?.remove();
      await collector?.stop();
    });

    it.each(TROUBLES)('does not change responses of the service: %s', async (trouble) => {
      collector.trouble = trouble;
      expect(await ask(service)).toEqual(expectedAnswers);
      // Wait for another export, which fails too.
      const next = collector.next();
      expect(await ask(service)).toEqual(expectedAnswers);
      await next;
      expect(await ask(service)).toEqual(expectedAnswers);
    });
  });

  it('does not change responses or prevent shutdown if the Collector is down', async () => {
    const service = await ExampleService.start({
      ...SHORT_INTERVALS,
      // HTTP exporters retry until this timeout.
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
      ...exporting(protocol, await unusedUrl()),
    });
    try {
      for (let round = 0; round < 3; round++) expect(await ask(service)).toEqual(expectedAnswers);
      expect(await service.stop()).toEqual({ code: 0, signal: null });
      // The failure is logged in short lines.
      const errorLines = service.process.stderr
        .split('\n')
        .filter((line) => line.startsWith('OpenTelemetry: '));
      expect(errorLines.join('\n')).toMatch(/ECONNREFUSED|UNAVAILABLE/);
      for (const line of errorLines) expect(line.length).toBeLessThan(400);
    } finally {
      await service.remove();
    }
  });

  it.each(['silence', 'drip'] as const)(
    'does not delay calls or block shutdown if the Collector never finishes a response: %s',
    async (trouble) => {
      const collector = await TroubledCollector.start(protocol);
      collector.trouble = trouble;
      // Default timeouts.
      const service = await ExampleService.start({
        OTEL_BSP_SCHEDULE_DELAY: '20',
        ...exporting(protocol, collector.url),
      });
      try {
        const exportStarted = collector.next();
        expect(await service.summarize(ORDER)).toEqual(expectedAnswers[0]);
        await exportStarted;
        const [held] = collector.open;
        for (let round = 0; round < 3; round++) expect(await ask(service)).toEqual(expectedAnswers);
        // The first export was still waiting for its response during these calls.
        expect(collector.open.has(held!)).toBe(true);
        expect(await service.stop()).toEqual({ code: 0, signal: null });
      } finally {
        await service.remove();
        await collector.stop();
      }
    },
  );

  it('does not accumulate spans in the service if the Collector is slow', async () => {
    const [batch, queue] = [16, 64];
    const collector = await TroubledCollector.start(protocol);
    const service = await ExampleService.start(
      {
        OTEL_BSP_SCHEDULE_DELAY: '20',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: String(batch),
        OTEL_BSP_MAX_QUEUE_SIZE: String(queue),
        // The first export does not end before the test does.
        OTEL_BSP_EXPORT_TIMEOUT: '600000',
        OTEL_EXPORTER_OTLP_TIMEOUT: '600000',
        ...exporting(protocol, collector.url),
      },
      { nodeArgs: ['--import', heap] },
    );
    try {
      const call = async (calls: number): Promise<void> => {
        for (let done = 0; done < calls; done += 20)
          await Promise.all(Array.from({ length: 20 }, () => service.summarize(ORDER)));
      };
      const exportStarted = collector.next();
      await call(400);
      await exportStarted;
      const before = await heapOf(service);
      await call(800);
      const bytesPerCall = ((await heapOf(service)) - before) / 800;
      // If retained, the four spans of a call take about 9 kB.
      expect(bytesPerCall).toBeLessThan(3000);
      expect(collector.requests.filter((signal) => signal === 'traces')).toHaveLength(1);
    } finally {
      await service.remove();
      await collector.stop();
    }
  });
});

it('drops spans beyond the queue and exports the rest when the Collector recovers', async () => {
  const [batch, queue, calls] = [16, 64, 100];
  // The Collector delays its responses until `release` is called.
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const collector = await Collector.start('http/protobuf', { before: held });
  const service = await ExampleService.start({
    OTEL_BSP_SCHEDULE_DELAY: '20',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: String(batch),
    OTEL_BSP_MAX_QUEUE_SIZE: String(queue),
    OTEL_EXPORTER_OTLP_TIMEOUT: '600000',
    ...exporting('http/protobuf', collector.url),
  });
  try {
    await Promise.all(Array.from({ length: calls }, () => service.summarize(ORDER)));
    release();
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(collector.spans.length).toBeGreaterThanOrEqual(queue);
    expect(collector.spans.length).toBeLessThanOrEqual(batch + queue);
    // Each call creates four spans, so most were dropped. Metrics are complete.
    const callPoints = collector.latest.filter(({ metric }) => metric === 'llm.calls');
    expect(callPoints.reduce((sum, { value }) => sum + value, 0)).toBe(calls);
  } finally {
    await service.remove();
    await collector.stop();
  }
});

it('exports metrics if the endpoint of traces is down', async () => {
  const collector = await Collector.start('http/protobuf');
  const service = await ExampleService.start({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${await unusedUrl()}/v1/traces`,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.url}/v1/metrics`,
    // The exporter of traces does not retry.
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '1',
  });
  try {
    await service.summarize(ORDER);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(collector.latest.find(({ metric }) => metric === 'llm.calls')?.value).toBe(1);
  } finally {
    await service.remove();
    await collector.stop();
  }
});

/** Returns a URL at which nothing listens. */
async function unusedUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** Returns the heap size of the service in bytes, after garbage collection. */
async function heapOf(service: ExampleService): Promise<number> {
  const seen = service.process.stdout.length;
  service.process.kill('SIGUSR2');
  await service.process.printed(new RegExp(`^[^]{${seen},}heap: \\d+\\n`));
  return Number(/heap: (\d+)\n[^]*?$/.exec(service.process.stdout.slice(seen))![1]);
}
