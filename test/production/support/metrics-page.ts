import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

/** Prometheus exporter of OpenTelemetry in this process, registered as global meter provider, on a free port. */
export class MetricsPage {
  private constructor(
    private readonly server: Server,
    private readonly provider: MeterProvider,
  ) {}

  /** Must be called before applications that record metrics are started. */
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

  /** Host and port for a scrape configuration. */
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
