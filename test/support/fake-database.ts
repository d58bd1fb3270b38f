import { textOfCallId } from '../../src/llm-telemetry/store/call-id.js';
import type { StoreTrouble } from '../../src/llm-telemetry/store/call-store.js';
import type { Backend } from '../../src/llm-telemetry/store/core/backend.js';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import {
  DatabaseError,
  type DeliveredCall,
  type Delivery,
  type SharedBackend,
} from '../../src/llm-telemetry/store/core/shared-backend.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';

/**
 * How a write ends: as it should; with an error before or after the calls are written, where `unanswered` loses the
 * response to a COMMIT; or never, before or after.
 */
export type WriteOutcome = 'written' | 'failed' | 'unanswered' | 'frozen' | 'frozen_after_commit';

/**
 * A database that instances share, in the memory of the test. It keeps the contract of `SharedBackend`, checks that its
 * users keep it too, and fails as programmed.
 */
export class FakeDatabase {
  /** Texts of the written calls by id. */
  readonly calls = new Map<string, string>();
  /** What users of the database did wrong: repeated a delivery with other calls, or wrote a call twice. */
  readonly violations: string[] = [];
  /** Outcomes of the next writes. Later writes have the outcome `written`. */
  readonly outcomes: WriteOutcome[] = [];
  /** While set, all requests fail. */
  away: StoreTrouble | null = null;
  /** How long a write takes, milliseconds. */
  writeMs = 0;
  /** While true, no request ends. */
  isFrozen = false;
  /** Calls that cannot be written. */
  rejects: (call: DeliveredCall) => boolean = () => false;
  /** Deliveries that had been written before. */
  repeated = 0;
  /** Requests to write, whatever their outcome. */
  writes = 0;
  readonly beats: Array<{ readonly instance: OwnInstance; readonly waiting: number }> = [];
  private readonly deliveries = new Map<string, string>();
  private readonly database = new CallDatabase(':memory:');

  connect(): SharedBackend {
    return new FakeBackend(this, this.database.backend);
  }

  /** @throws DatabaseError if the database is away */
  async request(): Promise<void> {
    if (this.isFrozen) await forever();
    if (this.away) throw new DatabaseError(this.away, 'It is away.');
  }

  async write(delivery: Delivery): Promise<void> {
    this.writes++;
    await this.request();
    if (this.writeMs > 0) await new Promise((resolve) => setTimeout(resolve, this.writeMs));
    const outcome = this.outcomes.shift() ?? 'written';
    if (outcome === 'failed') throw new DatabaseError('unreachable', 'The connection was cut.');
    if (outcome === 'frozen') await forever();
    this.commit(delivery);
    if (outcome === 'unanswered')
      throw new DatabaseError('unreachable', 'The connection was cut after COMMIT.');
    if (outcome === 'frozen_after_commit') await forever();
  }

  /** @throws Error if a call is at fault */
  private commit({ instance, number, calls }: Delivery): void {
    const key = `${instance.id} ${number}`;
    const content = calls.map(({ id, text }) => `${textOfCallId(id)} ${text}`).join('\n');
    const known = this.deliveries.get(key);
    if (known !== undefined) {
      this.repeated++;
      if (known !== content) this.violations.push(`Delivery ${key} was repeated with other calls.`);
      return;
    }
    if (calls.some((call) => this.rejects(call))) throw new Error('A call is at fault.');
    this.deliveries.set(key, content);
    for (const { id, text } of calls) {
      const name = textOfCallId(id);
      if (this.calls.has(name)) this.violations.push(`Call ${name} was written twice.`);
      this.calls.set(name, text);
    }
    this.database.writeCalls(calls.map(({ id, text }) => ({ text, uuid: id })));
  }
}

class FakeBackend implements SharedBackend {
  constructor(
    private readonly to: FakeDatabase,
    private readonly rows: Backend,
  ) {}

  open(): Promise<void> {
    return this.to.request();
  }

  write(delivery: Delivery): Promise<void> {
    return this.to.write(delivery);
  }

  async beat(instance: OwnInstance, waiting: number): Promise<void> {
    await this.to.request();
    this.to.beats.push({ instance, waiting });
  }

  upkeep(): Promise<void> {
    return this.to.request();
  }

  async close(): Promise<void> {}

  horizons: Backend['horizons'] = () => this.read((rows) => rows.horizons());
  keptSince: Backend['keptSince'] = () => this.read((rows) => rows.keptSince());
  scanRollups: Backend['scanRollups'] = (scan, take) => this.read((rows) => rows.scanRollups(scan, take));
  scanErrors: Backend['scanErrors'] = (scan, take) => this.read((rows) => rows.scanErrors(scan, take));
  scanRecords: Backend['scanRecords'] = (scan, take) => this.read((rows) => rows.scanRecords(scan, take));
  searchCalls: Backend['searchCalls'] = (query) => this.read((rows) => rows.searchCalls(query));
  searchRecords: Backend['searchRecords'] = (query) => this.read((rows) => rows.searchRecords(query));
  readCall: Backend['readCall'] = (id) => this.read((rows) => rows.readCall(id));
  stats: Backend['stats'] = () => this.read((rows) => rows.stats());

  readonly batches: Backend['batches'] = {
    remember: (batch) => this.read((rows) => rows.batches.remember(batch)),
    claim: (results, items) => this.read((rows) => rows.batches.claim(results, items)),
    complete: (results) => this.read((rows) => rows.batches.complete(results)),
    claimSum: (batch, endedAt) => this.read((rows) => rows.batches.claimSum(batch, endedAt)),
  };

  private async read<T>(query: (rows: Backend) => Promise<T>): Promise<T> {
    await this.to.request();
    return query(this.rows);
  }
}

function forever(): Promise<never> {
  return new Promise(() => undefined);
}
