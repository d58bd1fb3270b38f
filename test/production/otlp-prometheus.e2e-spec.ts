import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../support/free-port.js';
import { costOf, ExampleService } from './support/example-service.js';
import { Collector } from './support/otlp/collector.js';

/** Metrics of the example service for Prometheus, enabled by environment variables only. */

const ORDER = 'Order #1: 2 x Espresso cups. Total: 29.90.';

async function listen(): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const scraping = (port: number): Record<string, string> => ({
  OTEL_METRICS_EXPORTER: 'prometheus',
  OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
  OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
});

/** Returns the sum of a metric's series on the page. */
function value(page: string, name: string): number {
  const found = page.split('\n').filter((line) => line.startsWith(`${name}{`));
  return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

it('serves metrics for Prometheus at the configured host and port, with the cost on the bill', async () => {
  const port = await freePort();
  const service = await ExampleService.start(scraping(port));
  try {
    await service.summarize(ORDER);
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(value(page, 'llm_calls_total')).toBe(1);
    expect(value(page, 'llm_cost_total')).toBeCloseTo(service.bill().map(costOf)[0]!, 12);
    expect(page).toMatch(/^llm_call_duration_bucket\{[^}]*le="81.92"/m);
    expect(page).toMatch(/^http_server_request_duration_bucket\{[^}]*le="80"/m);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.process.stderr).toBe('');
  } finally {
    await service.remove();
  }
});

it('exports metrics to a Collector and serves them for Prometheus if both are configured', async () => {
  const port = await freePort();
  const collector = await Collector.start('http/protobuf');
  const service = await ExampleService.start({
    ...scraping(port),
    OTEL_METRICS_EXPORTER: 'otlp,prometheus',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  try {
    await service.summarize(ORDER);
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(value(page, 'llm_calls_total')).toBe(1);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(collector.latest.find(({ metric }) => metric === 'llm.calls')?.value).toBe(1);
    expect(collector.spans.some(({ name }) => name === 'llm.summarize')).toBe(true);
  } finally {
    await service.remove();
    await collector.stop();
  }
});

it('logs an error and runs without metrics for Prometheus if the port is in use', async () => {
  const other = await listen();
  const service = await ExampleService.start(scraping(portOf(other)));
  try {
    expect((await service.summarize(ORDER)).status).toBe(200);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.process.stderr).toBe(
      `OpenTelemetry: listen EADDRINUSE: address already in use 127.0.0.1:${portOf(other)}\n`,
    );
  } finally {
    await service.remove();
    other.close();
  }
});
