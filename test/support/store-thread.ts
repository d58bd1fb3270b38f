import type { CallRecord, StoreStatus } from 'nestjs-llm-telemetry';
import type { MeasureQuery, MeasureResult } from '../../src/llm-telemetry/store/measures.js';
import type { Question, Questions, Report } from '../../src/llm-telemetry/store/sqlite/worker/messages.js';
import { textOf } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import type { StoreOptions } from '../../src/llm-telemetry/store/store.options.js';
import { StoreThread } from '../../src/llm-telemetry/store/sqlite/worker/store-thread.js';

/**
 * The work of the store's worker in the thread of the test, with the default limits. The timers of jest have to be fake:
 * they set its clock, and decide when retention runs and when a file is tried again.
 */
export class ThreadOfStore {
  private readonly reports: Report[] = [];
  private readonly thread: StoreThread;
  private asked = 0;

  constructor(
    private readonly path: string,
    retention?: StoreOptions['retention'],
  ) {
    const settled = new Int32Array(new SharedArrayBuffer(8));
    this.thread = new StoreThread({ ...storeSettings({ path, retention }), settled }, (report) => {
      this.reports.push(report);
    });
  }

  get mode(): StoreStatus['mode'] {
    return this.state.mode;
  }

  get trouble(): StoreStatus['trouble'] {
    return this.state.trouble;
  }

  private get state(): Extract<Report, { type: 'mode' }> {
    return this.reports.findLast((report) => report.type === 'mode')!;
  }

  /** @throws Error if a call was dropped */
  write(...records: CallRecord[]): void {
    const dropped = this.tryToWrite(...records);
    if (dropped > 0) throw new Error(`${dropped} calls were dropped.`);
  }

  /** Returns how many were dropped. */
  tryToWrite(...records: CallRecord[]): number {
    this.thread.obey({ type: 'write', lines: records.map(textOf).join('\n') });
    this.ask('flush', null);
    return this.reports.findLast((report) => report.type === 'settled')!.dropped;
  }

  /** @throws Error if the question is refused */
  ask<Name extends Question>(question: Name, about: Questions[Name][0]): Questions[Name][1] {
    this.thread.obey({ type: 'ask', id: this.asked++, question, about });
    const report = this.reports.at(-1)!;
    if (report.type !== 'answer') throw new Error(`The store sent ${JSON.stringify(report)}.`);
    return report.answer as Questions[Name][1];
  }

  async measure(query: MeasureQuery): Promise<MeasureResult> {
    return this.ask('measure', query);
  }

  async status(): Promise<StoreStatus> {
    const { mode, trouble } = this;
    const dropped = { queue_full: 0, worker_failed: 0, write_failed: 0, closed: 0 };
    return { mode, path: this.path, trouble, written: 0, waiting: 0, dropped, ...this.ask('kept', null) };
  }

  close(): void {
    this.thread.obey({ type: 'close' });
  }
}
