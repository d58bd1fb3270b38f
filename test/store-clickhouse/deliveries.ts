import type { CallRecord } from 'nestjs-llm-telemetry';
import { callIdOf } from '../../src/llm-telemetry/store/call-id.js';
import { storedEndOf } from '../../src/llm-telemetry/store/core/call-columns.js';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import type { DeliveredCall, Delivery } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';

/** Returns a process, the n-th of a service. */
export function instance(n: number, differences: Partial<OwnInstance> = {}): OwnInstance {
  return {
    id: `0193d1f0-0000-7000-8000-${String(n).padStart(12, '0')}`,
    service: 'shop',
    version: '1.0.0',
    environment: 'production',
    instance: `shop-${n}`,
    host: `host-${n}`,
    pid: 1000 + n,
    startedAt: Date.UTC(2026, 10, 30),
    ...differences,
  };
}

/** Delivers the calls of one process. */
export class Deliveries {
  private counter = 0;
  private number = 0;

  constructor(
    readonly of: OwnInstance,
    private readonly process: number,
  ) {}

  /** Returns the next delivery. */
  next(records: readonly CallRecord[]): Delivery {
    return { instance: this.of, number: ++this.number, calls: this.calls(records) };
  }

  private calls(records: readonly CallRecord[]): DeliveredCall[] {
    return records
      .map((record) => ({
        id: callIdOf(storedEndOf(record), this.counter++, this.process),
        record,
        text: encodeRecord(record),
      }))
      .sort((one, other) => storedEndOf(one.record) - storedEndOf(other.record));
  }
}
