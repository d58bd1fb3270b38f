import { bareFetch } from './bare-fetch.js';
import { LlmTelemetry, type CallRecord, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import {
  startProviderEmulator,
  type EmulatorOptions,
  type LedgerEntry,
  type ProviderEmulator,
} from 'nestjs-llm-telemetry/testing';
import { RecordCollector } from './record-collector.js';
import { post, type ModelRequestCase } from './model-requests.js';
import { startTelemetryApp, type TelemetryApp } from './telemetry-app.js';

type Fetch = typeof globalThis.fetch;

/** Side with or without the library. */
export interface Side {
  readonly fetch: Fetch;
  readonly emulator: ProviderEmulator;
  /** Resolves with the bill of a request, when its response was sent or its client has disconnected. */
  readonly billed: Promise<LedgerEntry>;
}

/**
 * Runs the same work twice: within a call of a telemetry application, and with the platform's `fetch`. Each side has a
 * separate emulator; emulators with the same seed send the same bytes for their first requests.
 */
export class WithAndWithout {
  readonly records = new RecordCollector();
  telemetry!: TelemetryApp;
  llm!: LlmTelemetry;
  with!: Side;
  without!: Side;

  async start(options: LlmTelemetryOptions = {}): Promise<void> {
    this.telemetry = await startTelemetryApp({ options: { ...options, onCall: this.records.onCall } });
    this.llm = this.telemetry.get(LlmTelemetry);
    // Responses contain the time of their creation in seconds.
    import.meta.jest.spyOn(Date, 'now').mockReturnValue(Date.now());
  }

  async stop(): Promise<void> {
    import.meta.jest.restoreAllMocks();
    await this.telemetry.stop();
  }

  /** Starts new emulators. Call it before each test. */
  async renew(options?: EmulatorOptions): Promise<void> {
    this.records.clear();
    this.telemetry.logger.entries.length = 0;
    const [one, other] = await Promise.all([startProviderEmulator(options), startProviderEmulator(options)]);
    this.with = { fetch: globalThis.fetch, emulator: one, billed: nextBill(one) };
    this.without = { fetch: bareFetch, emulator: other, billed: nextBill(other) };
  }

  /** Stops the emulators. Call it after each test. @throws Error if the library logged a fault. */
  async end(): Promise<void> {
    await Promise.all([this.with.emulator.stop(), this.without.emulator.stop()]);
    const fault = this.telemetry.logger.entries.find(({ text }) => text.includes('Telemetry error'));
    if (fault) throw new Error(fault.text);
  }

  /** Runs `work` on both sides, one after the other. */
  async both<T>(work: (side: Side) => Promise<T>): Promise<{ seen: T; bare: T }> {
    const seen = await this.run(() => work(this.with));
    return { seen, bare: await work(this.without) };
  }

  /** Sends one request on both sides and returns the record of its call. */
  async compare<T>(
    request: ModelRequestCase,
    use: (response: Response, side: Side) => Promise<T>,
    prompt?: string,
  ): Promise<{ seen: T; bare: T; record: CallRecord }> {
    const outcome = await this.both(async (side) =>
      use(await post(side.fetch, side.emulator.url, request, { prompt }), side),
    );
    return { ...outcome, record: await this.records.only() };
  }

  /** Runs `work` as a call. */
  run<T>(work: () => T): T {
    return this.llm.run({ feature: 'bodies', operation: 'read' }, work);
  }
}

function nextBill({ ledger }: ProviderEmulator): Promise<LedgerEntry> {
  return new Promise((resolve) => {
    const add = ledger.add.bind(ledger);
    ledger.add = (entry) => {
      add(entry);
      resolve(entry);
    };
  });
}
