import { Worker } from 'node:worker_threads';
import { StoreQueryError, StoreUnavailableError } from '../call-store.js';
import type { Order, Question, Questions, Report, ThreadSettings } from './worker/messages.js';
import { LocalWorker } from './local-worker.js';

/** Receives the events of the thread. */
export interface ThreadListener {
  settled(report: Extract<Report, { type: 'settled' }>): void;
  modeChanged(report: Extract<Report, { type: 'mode' }>): void;
  warned(report: Extract<Report, { type: 'warning' }>): void;
  lost(report: Extract<Report, { type: 'lost' }>): void;
  /** It has ended without being asked to, with all that it held. */
  died(): void;
}

interface Asked {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** A question that takes longer is answered with an error: what is on the screen then is old anyway. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * The application's end of the store's thread. The thread keeps no process alive, but for the time in which somebody
 * waits for its answer.
 */
export class ThreadLink {
  private readonly worker: Worker | LocalWorker;
  private readonly asked = new Map<number, Asked>();
  private questions = 0;
  private ended = false;

  constructor(
    /** `null`: there is none, and the application's thread does its work. */
    file: string | null,
    settings: ThreadSettings,
    private readonly listener: ThreadListener,
  ) {
    this.worker = file === null ? new LocalWorker(settings) : startWorker(file, settings);
    this.worker.unref();
    this.worker.on('message', (report: Report) => this.hear(report));
    this.worker.on('messageerror', () => this.end());
    this.worker.on('error', () => this.end());
    this.worker.on('exit', () => this.end());
  }

  post(order: Order): void {
    this.worker.postMessage(order);
  }

  /** @throws StoreQueryError, StoreUnavailableError */
  ask<Name extends Question>(question: Name, about: Questions[Name][0]): Promise<Questions[Name][1]> {
    if (this.ended) return Promise.reject(new StoreUnavailableError('The thread of the store has ended.'));
    const id = this.questions++;
    return new Promise<Questions[Name][1]>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.settle(id)?.reject(new StoreUnavailableError('The store has not answered in time.'));
      }, ANSWER_WITHIN_MS);
      this.asked.set(id, {
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.worker.ref();
      this.post({ type: 'ask', id, question, about });
    });
  }

  /** Lets it write what it has; ends it by force where that takes longer. 0: at once. */
  async close(withinMs: number): Promise<void> {
    if (this.ended) return;
    if (withinMs === 0) return void (await this.worker.terminate());
    const exit = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    const timer = setTimeout(() => void this.worker.terminate(), withinMs);
    this.worker.ref();
    this.post({ type: 'close' });
    await exit;
    clearTimeout(timer);
  }

  private hear(report: Report): void {
    switch (report.type) {
      case 'settled':
        this.listener.settled(report);
        return;
      case 'mode':
        this.listener.modeChanged(report);
        return;
      case 'warning':
        this.listener.warned(report);
        return;
      case 'lost':
        this.listener.lost(report);
        return;
      case 'answer':
        this.settle(report.id)?.resolve(report.answer as never);
        return;
      case 'refusal': {
        const { id, message, asked } = report;
        this.settle(id)?.reject(asked ? new StoreQueryError(message) : new StoreUnavailableError(message));
      }
    }
  }

  private settle(id: number): Asked | undefined {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    if (this.asked.size === 0) this.worker.unref();
    return asked;
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const id of this.asked.keys()) {
      this.settle(id)?.reject(new StoreUnavailableError('The thread of the store has ended.'));
    }
    this.listener.died();
  }
}

function startWorker(file: string, settings: ThreadSettings): Worker {
  return new Worker(file, {
    name: 'llm-telemetry-store',
    workerData: settings,
    // Nothing of the application's own: no preloaded modules, no inspector. Node 22 calls SQLite an experiment.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: {},
  });
}
