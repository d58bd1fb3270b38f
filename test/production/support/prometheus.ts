import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath, requirePrograms } from '../../support/optional-programs.js';
import { poll } from '../../support/poll.js';
import { ServerProcess } from './server-process.js';

requirePrograms('prometheus');

export interface ScrapeTarget {
  readonly job: string;
  /** Host and port. */
  readonly targets: readonly string[];
  /** @defaultValue `/metrics` */
  readonly path?: string;
  readonly honorLabels?: boolean;
}

export interface PrometheusOptions {
  readonly scrape?: readonly ScrapeTarget[];
  /** Paths of rule files. */
  readonly rules?: readonly string[];
  /** URL of the Alertmanager that receives alerts. */
  readonly alertmanagerUrl?: string;
  /** Interval of scrapes and rule evaluations, in milliseconds. @defaultValue 200 */
  readonly everyMs?: number;
  /** Additional flags, such as `--enable-feature=exemplar-storage`. */
  readonly flags?: readonly string[];
}

/** Value of a series at one time. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Pending or firing alert of Prometheus. */
export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly value: string;
}

/** Prometheus process on a free port, with a temporary data folder. */
export class Prometheus {
  private constructor(
    readonly url: string,
    private readonly server: ServerProcess,
    private readonly folder: string,
  ) {}

  /** Resolves when Prometheus is ready. @throws Error with its log if it does not start. */
  static async start(options: PrometheusOptions = {}): Promise<Prometheus> {
    const command = programPath('prometheus');
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const config = join(folder, 'prometheus.yml');
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(configOf(options)));
    const server = new ServerProcess(command, [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
      '--log.level=info',
      ...(options.flags ?? []),
    ]);
    void server.ended.then(() => rmSync(folder, { recursive: true, force: true }));
    return new Prometheus(await server.url(), server, folder);
  }

  /** Evaluates an expression. @throws Error with the message of Prometheus if the evaluation fails. */
  async query(expression: string, at?: Date): Promise<readonly Sample[]> {
    const parameters = { query: expression, ...(at && { time: at.toISOString() }) };
    const data = await this.ask<QueryResult>('query', parameters);
    if (data.resultType === 'scalar') return [{ labels: {}, value: Number(data.result[1]) }];
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** Repeats a query until `is` accepts the result, by default until there is a sample. @throws Error after 2 minutes */
  async until(
    expression: string,
    is: (samples: readonly Sample[]) => boolean = (samples) => samples.length > 0,
  ): Promise<readonly Sample[]> {
    let samples: readonly Sample[] = [];
    return poll(
      async () => {
        samples = await this.query(expression);
        return is(samples) ? samples : undefined;
      },
      () => `${expression} is ${JSON.stringify(samples)}`,
      { everyMs: 50, timeoutMs: 120_000 },
    );
  }

  async alerts(): Promise<readonly ActiveAlert[]> {
    return (await this.ask<{ alerts: ActiveAlert[] }>('alerts')).alerts;
  }

  /** Requests a path of the HTTP API, such as `label/job/values`. */
  async ask<T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const answer = (await response.json()) as { status: string; data: T; error?: string };
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${parameters['query'] ?? path}`);
    return answer.data;
  }

  /** Log output, for example with the reason of a failed rule. */
  get log(): string {
    return this.server.output;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

type QueryResult =
  | { readonly resultType: 'scalar'; readonly result: readonly [number, string] }
  | {
      readonly resultType: 'vector';
      readonly result: ReadonlyArray<{ metric: Record<string, string>; value: [number, string] }>;
    };

function configOf({ scrape = [], rules = [], alertmanagerUrl, everyMs = 200 }: PrometheusOptions): object {
  return {
    global: {
      scrape_interval: `${everyMs}ms`,
      scrape_timeout: `${everyMs}ms`,
      evaluation_interval: `${everyMs}ms`,
    },
    rule_files: rules,
    ...(alertmanagerUrl && {
      alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }] },
    }),
    scrape_configs: scrape.map(({ job, targets, path = '/metrics', honorLabels = false }) => ({
      job_name: job,
      metrics_path: path,
      honor_labels: honorLabels,
      static_configs: [{ targets }],
    })),
  };
}
