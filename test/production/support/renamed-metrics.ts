import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { METRICS } from '../../../deploy/generate/metric-names.js';

/**
 * What another page of metrics says, under the names that a Collector would give them. There is no Collector here: this
 * stands in for its exporter for Prometheus, as far as names go.
 */
export class RenamedMetrics {
  private constructor(private readonly server: Server) {}

  /** `target`: host and port of the page that is scraped for it. */
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

  /** Host and port, as a scrape's target. */
  get target(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** The names of series, and those in the comments on their type. */
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
