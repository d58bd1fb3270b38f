import { EventEmitter, once } from 'node:events';
import type { CallRecord } from 'nestjs-llm-telemetry';

/** The records of an application, which can be waited for: what is read of a blob, say, is known a moment later. */
export class ComingRecords {
  private readonly records: CallRecord[] = [];
  private readonly coming = new EventEmitter();

  /** For the module's options. */
  readonly onCall = (record: CallRecord): void => {
    this.records.push(record);
    this.coming.emit('record');
  };

  /** The only record that there is, once it is there. @throws Error where there are more. */
  async only(): Promise<CallRecord> {
    return (await this.exactly(1))[0]!;
  }

  /** The records, once there are `count`. @throws Error where there are more. */
  async exactly(count: number): Promise<readonly CallRecord[]> {
    while (this.records.length < count) await once(this.coming, 'record');
    if (this.records.length > count) throw new Error(`${this.records.length} records instead of ${count}`);
    return [...this.records];
  }

  /** What is there now. */
  get now(): readonly CallRecord[] {
    return [...this.records];
  }

  clear(): void {
    this.records.length = 0;
  }
}
