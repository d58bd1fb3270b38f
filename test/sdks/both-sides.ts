import { bareFetch } from '../support/bare-fetch.js';
import { EventEmitter, once } from 'node:events';
import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { startProviderEmulator, type LedgerEntry, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import { failureOf } from '../support/accounts.js';
import { RecordCollector } from '../support/record-collector.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import type { Conditions, Side } from './sdk.js';
import type { Cell } from './table.js';

/** Result of a cell as the application sees it, for comparison. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: object | null;
}

/** Results of both sides, with the record, requests and bill of the side with telemetry. */
export interface Observation {
  readonly seen: Outcome;
  readonly bare: Outcome;
  /** Record of the call that contains the request: a separate call if it was sent after the end of the first. */
  readonly record: CallRecord;
  /** Record of the first call if the request was sent after its end, otherwise `null`. */
  readonly before: CallRecord | null;
  readonly requests: number;
  readonly bill: readonly LedgerEntry[];
}

/**
 * Runs a cell twice concurrently: as a call of a telemetry application, and outside it with the platform's `fetch`.
 * Each side has a separate emulator; emulators with the same seed send the same bytes for their first requests.
 */
export class BothSides {
  private readonly records = new RecordCollector();
  private telemetry!: TelemetryApp;

  async start(): Promise<void> {
    this.telemetry = await startTelemetryApp({ options: { onCall: this.records.onCall } });
    // Responses contain their creation time in seconds.
    import.meta.jest.spyOn(Date, 'now').mockReturnValue(Date.now());
  }

  async stop(): Promise<void> {
    import.meta.jest.restoreAllMocks();
    await this.telemetry.stop();
  }

  /** @throws Error if the library logged a fault. */
  async observe({ use, expected, ...conditions }: Cell): Promise<Observation> {
    const bills = expected.attempts.length;
    this.records.clear();
    this.telemetry.logger.entries.length = 0;
    const [one, other] = await Promise.all([
      SideWithBill.start(conditions),
      SideWithBill.start(conditions, bareFetch),
    ]);
    try {
      const llm = this.telemetry.get(LlmTelemetry);
      const [seen, bare] = await Promise.all([
        outcomeOf(one, () => llm.run({ feature: 'sdks', operation: 'use' }, () => use(one))),
        outcomeOf(other, () => use(other)),
      ]);
      if (conditions.flush) await llm.flush();
      const records = await this.records.exactly(conditions.sentAfterwards ? 2 : 1);
      if (conditions.staysOpen) await Promise.all([one.emulator.stop(), other.emulator.stop()]);
      const bill = await one.billed(bills);
      await other.billed(bills);
      const fault = this.telemetry.logger.entries.find(({ text }) => text.includes('Telemetry error'));
      if (fault) throw new Error(fault.text);
      return {
        seen,
        bare,
        record: records.at(-1)!,
        before: records.at(-2) ?? null,
        requests: one.emulator.requests.length,
        bill,
      };
    } finally {
      await Promise.all([one.emulator.stop(), other.emulator.stop()]);
    }
  }
}

class SideWithBill implements Side {
  readonly maxRetries: number;
  readonly timeoutMs: number | undefined;
  readonly received: Promise<void>;
  private readonly events = new EventEmitter();

  static async start(
    conditions: Partial<Conditions>,
    fetch?: typeof globalThis.fetch,
  ): Promise<SideWithBill> {
    const emulator = await startProviderEmulator();
    emulator.program(...(conditions.faults ?? []));
    return new SideWithBill(emulator, fetch, conditions);
  }

  private constructor(
    readonly emulator: ProviderEmulator,
    readonly fetch: typeof globalThis.fetch | undefined,
    { maxRetries = 0, timeoutMs }: Partial<Conditions>,
  ) {
    this.maxRetries = maxRetries;
    this.timeoutMs = timeoutMs;
    const { requests, ledger } = emulator;
    this.received = new Promise((resolve) => {
      requests.push = (...received) => {
        resolve();
        return Array.prototype.push.apply(requests, received);
      };
    });
    const add = ledger.add.bind(ledger);
    ledger.add = (entry) => {
      add(entry);
      this.events.emit('bill');
    };
  }

  /** Resolves when the bill has `count` entries. An abandoned request is billed when its connection closes. */
  async billed(count: number): Promise<readonly LedgerEntry[]> {
    while (this.emulator.ledger.entries().length < count) await once(this.events, 'bill');
    return this.emulator.ledger.entries();
  }
}

async function outcomeOf(side: Side, work: () => unknown): Promise<Outcome> {
  let outcome: Outcome = {};
  const error = await failureOf(async () => {
    outcome = { value: await work() };
  });
  if (error === null) return outcome;
  // The ports of the two sides differ.
  return { error: JSON.parse(JSON.stringify(error).replaceAll(side.emulator.url, '')) as object };
}
