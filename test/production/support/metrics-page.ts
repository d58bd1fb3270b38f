import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

/** OpenTelemetry's own exporter for Prometheus in this process, as the process's meter provider, at a free port. */
export class MetricsPage {
  private constructor(
    private readonly server: Server,
    private readonly provider: MeterProvider,
  ) {}

  /** Before the applications that count in it. */
  static async start(): Promise<MetricsPage> {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    const provider = new MeterProvider({ readers: [exporter] });
    metrics.disable();
    metrics.setGlobalMeterProvider(provider);
    const server = createServer((request, response) => exporter.getMetricsRequestHandler(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new MetricsPage(server, provider);
  }

  /** Host and port, as a scrape's target. */
  get target(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    metrics.disable();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
    await this.provider.shutdown();
  }
}
