import { EventEmitter, once } from 'node:events';
import type { CallRecord } from 'nestjs-llm-telemetry';

/** Collects and awaits the records of an application. Some, such as that of a blob, arrive after the body was read. */
export class RecordCollector {
  private readonly records: CallRecord[] = [];
  private readonly events = new EventEmitter();

  /** Callback for the options of the module. */
  readonly onCall = (record: CallRecord): void => {
    this.records.push(record);
    this.events.emit('record');
  };

  /** Resolves with the only record. @throws Error if there are more. */
  async only(): Promise<CallRecord> {
    return (await this.exactly(1))[0]!;
  }

  /** Resolves when there are `count` records. @throws Error if there are more. */
  async exactly(count: number): Promise<readonly CallRecord[]> {
    while (this.records.length < count) await once(this.events, 'record');
    if (this.records.length > count) throw new Error(`${this.records.length} records instead of ${count}`);
    return [...this.records];
  }

  /** Records so far. */
  get now(): readonly CallRecord[] {
    return [...this.records];
  }

  clear(): void {
    this.records.length = 0;
  }
}
