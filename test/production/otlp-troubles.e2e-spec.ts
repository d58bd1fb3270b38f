import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ExampleService, type Answer } from './support/example-service.js';
import { Collector, PROTOCOLS, type Protocol } from './support/otlp/collector.js';
import { TROUBLES, TroubledCollector } from './support/otlp/troubled-collector.js';

/** Whatever a Collector does, no call of the application is delayed or changed, and nothing piles up. */

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

/** Exports often, and gives up soon: a test sees many of them. */
const IMPATIENT = {
  OTEL_BSP_SCHEDULE_DELAY: '20',
  OTEL_METRIC_EXPORT_INTERVAL: '200',
  OTEL_METRIC_EXPORT_TIMEOUT: '200',
};

const exporting = (protocol: Protocol, url: string): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
});

/** The answers that there are where nothing is exported. */
let answers: readonly Answer[];
beforeAll(async () => {
  const service = await ExampleService.start({});
  answers = await ask(service);
  await service.remove();
});

it('answers are, where nothing is exported, what they have to be', () => {
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 503]);
});

describe.each(PROTOCOLS)('a Collector that is spoken to by %s', (protocol) => {
  describe('and in trouble', () => {
    let collector: TroubledCollector;
    let service: ExampleService;
    beforeAll(async () => {
      collector = await TroubledCollector.start(protocol);
      service = await ExampleService.start({
        ...IMPATIENT,
        OTEL_EXPORTER_OTLP_TIMEOUT: '500',
        ...exporting(protocol, collector.url),
      });
    });
    afterAll(async () => {
      await service?.remove();
      await collector?.stop();
    });

    it.each(TROUBLES)('changes no answer: %s', async (trouble) => {
      collector.trouble = trouble;
      expect(await ask(service)).toEqual(answers);
      // It is asked again, and in trouble still.
      const next = collector.next();
      expect(await ask(service)).toEqual(answers);
      await next;
      expect(await ask(service)).toEqual(answers);
    });
  });

  it('that is down changes no answer, and the service ends', async () => {
    const service = await ExampleService.start({
      ...IMPATIENT,
      // Over HTTP exporters try again until then.
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
      ...exporting(protocol, await nobody()),
    });
    try {
      for (let round = 0; round < 3; round++) expect(await ask(service)).toEqual(answers);
      expect(await service.stop()).toEqual({ code: 0, signal: null });
      // It says so, in lines that can be read.
      const said = service.process.stderr.split('\n').filter((line) => line.startsWith('OpenTelemetry: '));
      expect(said.join('\n')).toMatch(/ECONNREFUSED|UNAVAILABLE/);
      for (const line of said) expect(line.length).toBeLessThan(400);
    } finally {
      await service.remove();
    }
  });

  it.each(['silence', 'drip'] as const)(
    'that never answers delays no call, and not the end of the service for ever: %s',
    async (trouble) => {
      const collector = await TroubledCollector.start(protocol);
      collector.trouble = trouble;
      // With the time-outs that there are by default.
      const service = await ExampleService.start({
        OTEL_BSP_SCHEDULE_DELAY: '20',
        ...exporting(protocol, collector.url),
      });
      try {
        const asked = collector.next();
        expect(await service.summarize(ORDER)).toEqual(answers[0]);
        await asked;
        const [held] = collector.open;
        for (let round = 0; round < 3; round++) expect(await ask(service)).toEqual(answers);
        // All of that happened while the first export was waiting for its answer.
        expect(collector.open.has(held!)).toBe(true);
        expect(await service.stop()).toEqual({ code: 0, signal: null });
      } finally {
        await service.remove();
        await collector.stop();
      }
    },
  );

  it('that is slow lets nothing pile up in the service', async () => {
    const [batch, queue] = [16, 64];
    const collector = await TroubledCollector.start(protocol);
    const service = await ExampleService.start(
      {
        OTEL_BSP_SCHEDULE_DELAY: '20',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: String(batch),
        OTEL_BSP_MAX_QUEUE_SIZE: String(queue),
        // The first batch is on its way for as long as this takes.
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
      const asked = collector.next();
      await call(400);
      await asked;
      const before = await heapOf(service);
      await call(800);
      const bytesPerCall = ((await heapOf(service)) - before) / 800;
      // Four spans a call are some 9 kB, where they are kept.
      expect(bytesPerCall).toBeLessThan(3000);
      expect(collector.requests.filter((signal) => signal === 'traces')).toHaveLength(1);
    } finally {
      await service.remove();
      await collector.stop();
    }
  });
});

it('spans beyond the queue are dropped, and the rest arrives once the Collector is well', async () => {
  const [batch, queue, calls] = [16, 64, 100];
  // It holds what it gets, until the test lets go of it.
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
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
    letGo();
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(collector.spans.length).toBeGreaterThanOrEqual(queue);
    expect(collector.spans.length).toBeLessThanOrEqual(batch + queue);
    // Four of each call were made. Of the metrics none is missing.
    const told = collector.latest.filter(({ metric }) => metric === 'llm.calls');
    expect(told.reduce((sum, { value }) => sum + value, 0)).toBe(calls);
  } finally {
    await service.remove();
    await collector.stop();
  }
});

it('metrics are sent although traces are refused', async () => {
  const collector = await Collector.start('http/protobuf');
  const service = await ExampleService.start({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${await nobody()}/v1/traces`,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.url}/v1/metrics`,
    // It gives up at once.
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

/** An address where nothing listens. */
async function nobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** Bytes of the service's heap, collected. */
async function heapOf(service: ExampleService): Promise<number> {
  const seen = service.process.stdout.length;
  service.process.kill('SIGUSR2');
  await service.process.printed(new RegExp(`^[^]{${seen},}heap: \\d+\\n`));
  return Number(/heap: (\d+)\n[^]*?$/.exec(service.process.stdout.slice(seen))![1]);
}
