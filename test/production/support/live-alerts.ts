import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startProviderEmulator, type EmulatorOptions } from 'nestjs-llm-telemetry/testing';
import { readOptions, type GenerateOptions } from '../../../deploy/generate/options.js';
import { ruleFiles } from '../../../deploy/generate/rules/rule-files.js';
import { freePort } from '../../support/free-port.js';
import { ServiceProcess } from '../../support/service-process.js';
import { WebhookReceiver } from '../../support/webhook-receiver.js';
import { Alertmanager, type AlertmanagerMessage, type NotifiedAlert } from './alertmanager.js';
import { Prometheus } from './prometheus.js';

/** Interval of scrapes and rule evaluations, in milliseconds. */
const EVERY_MS = 250;

/** Example service scraped by Prometheus, which sends alerts to a webhook through Alertmanager. */
export class LiveAlerts {
  private constructor(
    readonly service: ServiceProcess,
    readonly prometheus: Prometheus,
    private readonly receiver: WebhookReceiver<AlertmanagerMessage>,
    private readonly stops: ReadonlyArray<() => Promise<unknown>>,
  ) {}

  /** Resolves when the service has been scraped. @param args Options of the rule generator. */
  static async start(
    folder: string,
    args: readonly string[],
    emulatorOptions: EmulatorOptions = {},
  ): Promise<LiveAlerts> {
    const emulator = await startProviderEmulator(emulatorOptions);
    const port = await freePort();
    const service = new ServiceProcess({
      cwd: folder,
      env: {
        PORT: '0',
        LOG_LEVEL: 'log',
        OPENAI_API_KEY: 'sk-canary-openai-key',
        OPENAI_BASE_URL: emulator.openaiBaseUrl,
        ANTHROPIC_API_KEY: 'sk-ant-canary-key',
        ANTHROPIC_BASE_URL: emulator.anthropicBaseUrl,
        OTEL_METRICS_EXPORTER: 'prometheus',
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      },
    });
    await service.url();
    const receiver = await WebhookReceiver.start<AlertmanagerMessage>();
    const alertmanager = await Alertmanager.start({ webhookUrl: receiver.url });
    const prometheus = await Prometheus.start({
      scrape: [{ job: 'shop', targets: [`127.0.0.1:${port}`] }],
      rules: writeRules(folder, [...args, '--interval', `${EVERY_MS}ms`]),
      alertmanagerUrl: alertmanager.url,
      everyMs: EVERY_MS,
    });
    await prometheus.until('up == 1');
    return new LiveAlerts(service, prometheus, receiver, [
      () => prometheus.stop(),
      () => alertmanager.stop(),
      () => receiver.stop(),
      () => service.stop(),
      () => emulator.stop(),
    ]);
  }

  /** Sends orders with `atOnce` concurrent senders. The returned function stops them and returns the number sent. */
  keepOrdering(text: string, atOnce: number, pauseMs = 0): () => Promise<number> {
    const stopped = new AbortController();
    let sent = 0;
    const sender = async (): Promise<void> => {
      while (!stopped.signal.aborted) {
        await this.order(`${text} Order #${sent++}.`);
        if (pauseMs > 0) await pause(pauseMs);
      }
    };
    const all = Promise.all(Array.from({ length: atOnce }, sender));
    return async () => {
      stopped.abort();
      await all;
      return sent;
    };
  }

  async order(text: string): Promise<void> {
    const response = await this.service.post('/orders/summarize', {
      order_text: text,
      user_id: 'customer-1',
    });
    await response.text();
  }

  /** Waits until the webhook receives an alert with the given status, and returns it. */
  async told(alertname: string, status: 'firing' | 'resolved'): Promise<NotifiedAlert> {
    for (let count = 0; ; count++) {
      const messages = await this.receiver.received(count);
      for (const { body } of messages)
        for (const alert of body.alerts)
          if (alert.labels['alertname'] === alertname && alert.status === status) return alert;
    }
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
  }
}

function writeRules(folder: string, args: readonly string[]): string[] {
  const options = readOptions(['--names', 'scrape', ...args]) as GenerateOptions;
  return ruleFiles(options).map(({ path, content }) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  });
}
