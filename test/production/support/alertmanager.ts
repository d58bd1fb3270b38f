import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath, requirePrograms } from '../../support/optional-programs.js';
import { ServerProcess } from './server-process.js';

requirePrograms('prometheus-alertmanager');

/** Message that Alertmanager posts to a webhook. Contains only the fields that tests use. */
export interface AlertmanagerMessage {
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly NotifiedAlert[];
}

export interface NotifiedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Alertmanager process that posts every change of an alert to a webhook immediately, without grouping. */
export class Alertmanager {
  private constructor(
    readonly url: string,
    private readonly server: ServerProcess,
    private readonly folder: string,
  ) {}

  static async start({ webhookUrl }: { webhookUrl: string }): Promise<Alertmanager> {
    const command = programPath('prometheus-alertmanager');
    const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
    const config = join(folder, 'alertmanager.yml');
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(configOf(webhookUrl)));
    const server = new ServerProcess(command, [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
      // Disables clustering, which would listen on all addresses.
      '--cluster.listen-address=',
    ]);
    void server.ended.then(() => rmSync(folder, { recursive: true, force: true }));
    return new Alertmanager(await server.url(), server, folder);
  }

  get log(): string {
    return this.server.output;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function configOf(webhookUrl: string): object {
  return {
    route: {
      receiver: 'webhook',
      group_by: ['...'],
      group_wait: '10ms',
      group_interval: '100ms',
      repeat_interval: '1h',
    },
    receivers: [{ name: 'webhook', webhook_configs: [{ url: webhookUrl, send_resolved: true }] }],
  };
}
