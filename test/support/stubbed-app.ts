import { LlmTelemetry } from 'nestjs-llm-telemetry';
import { StubProvider } from './stub-provider.js';
import { RecordCollector } from './record-collector.js';
import { CollectedSpans } from './spans.js';
import { startTelemetryApp, type TelemetryApp } from './telemetry-app.js';

type Setup = NonNullable<Parameters<typeof startTelemetryApp>[0]>;

/**
 * Application for a block of tests whose provider is an `StubProvider`. Started once; records, spans and log lines
 * are cleared before each test.
 */
export class StubbedApp {
  readonly spans = new CollectedSpans();
  readonly records = new RecordCollector();
  server!: StubProvider;
  telemetry!: TelemetryApp;

  constructor(setup: Setup = {}) {
    beforeAll(async () => {
      this.server = await StubProvider.start();
      const options = { ...setup.options, onCall: this.records.onCall };
      this.telemetry = await startTelemetryApp({ ...setup, options });
    });
    afterAll(async () => {
      await this.telemetry.stop();
      await this.server.stop();
    });
    beforeEach(() => {
      this.records.clear();
      this.spans.clear();
      this.telemetry.logger.entries.length = 0;
    });
  }

  /** Sends a request to the provider within a call and resolves with what `read` returns, by default its text. */
  send(path: string, init: RequestInit, operation?: string): Promise<string>;
  send<T>(
    path: string,
    init: RequestInit,
    operation: string,
    read: (response: Response) => Promise<T>,
  ): Promise<T>;
  send(
    path: string,
    init: RequestInit,
    operation = 'summarize',
    read: (response: Response) => Promise<unknown> = (response) => response.text(),
  ): Promise<unknown> {
    return this.telemetry
      .get(LlmTelemetry)
      .run({ feature: 'orders', operation }, async () => read(await fetch(this.server.url + path, init)));
  }
}
