import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { METRICS } from '../../../deploy/generate/metric-names.js';

/**
 * Serves another page of metrics with the names that a Collector gives them. Replaces the Prometheus exporter of a
 * Collector, which is not available in tests.
 */
export class RenamedMetrics {
  private constructor(private readonly server: Server) {}

  /** @param target Host and port of the page with the original names. */
  static async start(target: string): Promise<RenamedMetrics> {
    const server = createServer((_request, response) => {
      void fetch(`http://${target}/metrics`)
        .then((answer) => answer.text())
        .then(
          (text) =>
            response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(renamed(text)),
          () => response.writeHead(502).end(),
        );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RenamedMetrics(server);
  }

  /** Host and port for a scrape configuration. */
  get target(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Renames metrics in samples and in HELP and TYPE comments. */
function renamed(text: string): string {
  return text.replaceAll(/^(# (?:HELP|TYPE) )?(\w+)/gm, (line, comment: string | undefined, name: string) => {
    const [, base = name, part = ''] = /^(.*?)(_bucket|_sum|_count)?$/.exec(name)!;
    const metric =
      METRICS.find(({ prometheus }) => prometheus.scrape === name) ??
      METRICS.find(({ kind, prometheus }) => kind === 'histogram' && prometheus.scrape === base);
    if (!metric) return line;
    return `${comment ?? ''}${metric.prometheus.otlp}${metric.prometheus.scrape === name ? '' : part}`;
  });
}
