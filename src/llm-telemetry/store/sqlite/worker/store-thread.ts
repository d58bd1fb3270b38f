import { StoreQueryError } from '../../call-store.js';
import {
  CLOSED_WITH_LOST,
  SETTLED,
  type Order,
  type Question,
  type Questions,
  type Report,
  type ThreadSettings,
} from './messages.js';
import type { CallDatabase } from './call-database.js';
import { CallKeeper, type KeeperListener } from './call-keeper.js';
import { searchCalls } from './call-search.js';
import type { Clock } from './clock.js';
import { readCall } from './read-call.js';
import { readErrors } from './read-errors.js';
import { readKept } from './read-kept.js';
import { readMeasures } from './read-measures.js';
import { readUnpriced } from './read-unpriced.js';

/** Calls that are written in one transaction, unless none come for a moment. */
const BATCH = 4000;
/** How long calls wait for others: a transaction costs the same for one and for hundreds. */
const WRITE_AFTER_MS = 100;
/** How often retention runs. It also notices a file that was deleted or replaced. */
export const RETAIN_EVERY_MS = 10_000;
const TRY_FILE_EVERY_MS = 30_000;

/** Writes what comes, and answers what is asked, in the order in which it comes. */
export class StoreThread {
  private readonly keeper: CallKeeper;
  private waiting: string[] = [];
  private waitingCharacters = 0;
  private writeTimer: NodeJS.Timeout | null = null;
  private readonly timers: NodeJS.Timeout[];

  constructor(
    private readonly settings: ThreadSettings,
    private readonly send: (report: Report) => void,
    clock?: Clock,
  ) {
    const listener: KeeperListener = {
      troubleChanged: () => this.sendMode(),
      fileReplaced: (message) => send({ type: 'warning', message }),
      callsLost: (calls) => send({ type: 'lost', calls }),
    };
    this.keeper = new CallKeeper(settings, listener, clock);
    this.keeper.open();
    this.sendMode();
    this.timers = [
      setInterval(() => this.retain(), RETAIN_EVERY_MS).unref(),
      setInterval(() => this.keeper.tryFile(), TRY_FILE_EVERY_MS).unref(),
    ];
  }

  obey(order: Order): void {
    switch (order.type) {
      case 'write':
        this.take(order.lines);
        return;
      case 'ask':
        this.write();
        this.answer(order.id, order.question, order.about);
        return;
      case 'close':
        this.close();
    }
  }

  private take(lines: string): void {
    const texts = lines.split('\n');
    for (const text of texts) this.waiting.push(text);
    this.waitingCharacters += lines.length;
    if (this.waiting.length >= BATCH) this.write();
    else this.writeTimer ??= setTimeout(() => this.write(), WRITE_AFTER_MS).unref();
  }

  private write(): void {
    if (this.writeTimer) clearTimeout(this.writeTimer);
    this.writeTimer = null;
    const { waiting, waitingCharacters } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    this.waitingCharacters = 0;
    const { written, dropped } = this.keeper.write(waiting);
    Atomics.add(this.settings.settled, SETTLED, waiting.length);
    Atomics.notify(this.settings.settled, SETTLED);
    this.send({ type: 'settled', written, dropped, characters: waitingCharacters });
  }

  private answer(id: number, question: Question, about: unknown): void {
    try {
      const answer = this.keeper.use((database) => ANSWERS[question](database, about as never));
      this.send({ type: 'answer', id, answer });
    } catch (error) {
      const asked = error instanceof StoreQueryError;
      this.send({ type: 'refusal', id, message: error instanceof Error ? error.message : 'unknown', asked });
    }
  }

  private retain(): void {
    try {
      if (this.keeper.retain()) setTimeout(() => this.retain(), WRITE_AFTER_MS).unref();
    } catch {
      // The next turn tries again; what is wrong with the file shows when it is written.
    }
  }

  private close(): void {
    this.write();
    for (const timer of this.timers) clearInterval(timer);
    const lost = this.keeper.close();
    // Read by the application after this thread has ended, so without a message.
    Atomics.store(this.settings.settled, CLOSED_WITH_LOST, lost + 1);
    Atomics.notify(this.settings.settled, CLOSED_WITH_LOST);
  }

  private sendMode(): void {
    const { mode, trouble } = this.keeper;
    this.send({ type: 'mode', mode, trouble });
  }
}

const ANSWERS: { [Name in Question]: (from: CallDatabase, about: Questions[Name][0]) => Questions[Name][1] } =
  {
    measure: readMeasures,
    errors: readErrors,
    unpriced: readUnpriced,
    calls: ({ database, names }, query) => searchCalls(database, names, query),
    call: ({ database }, id) => readCall(database, id),
    kept: ({ database, clock }) => readKept(database, clock.wall()),
    flush: () => null,
  };
