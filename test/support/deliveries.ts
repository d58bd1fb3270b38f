import { randomInt, randomUUID } from 'node:crypto';
import type { CallRecord } from 'nestjs-llm-telemetry';
import { callIdOf } from '../../src/llm-telemetry/store/call-id.js';
import { storedEndOf } from '../../src/llm-telemetry/store/core/call-columns.js';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import type { Delivery } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { decodeRecord, encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';

/** Numbers the deliveries of one instance, and gives ids to their calls, as the outbox does. */
export class TestInstance {
  readonly own: OwnInstance;
  private readonly process = randomInt(1, 2 ** 32);
  private counter = 0;
  private number = 0;

  constructor(own: Partial<OwnInstance> = {}) {
    this.own = {
      id: randomUUID(),
      service: 'orders',
      version: '1.0.0',
      environment: 'test',
      instance: 'orders-1',
      host: 'host-1',
      pid: 1,
      startedAt: Date.now(),
      ...own,
    };
  }

  deliver(...records: readonly CallRecord[]): Delivery {
    const calls = records
      .toSorted((one, other) => storedEndOf(one) - storedEndOf(other))
      .map((record) => {
        const text = encodeRecord(record);
        const decoded = decodeRecord(text);
        const id = callIdOf(storedEndOf(decoded), this.counter++, this.process);
        return { id, record: decoded, text };
      });
    return { instance: this.own, number: ++this.number, calls };
  }
}
