import { readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HOUR } from '../../units/time.js';
import type { StoreStatus, StoreTrouble } from '../call-store.js';
import type { OwnInstance } from '../core/instance.js';
import { TROUBLE_DESCRIPTIONS } from '../core/trouble.js';
import type { BufferSettings } from '../shared-store.js';
import { type FileIdentity, identityOf } from '../sqlite/store-file.js';
import { troubleOf } from '../sqlite/trouble.js';
import { type DeliveryLimits, Outbox, type WaitingDelivery } from './outbox.js';

export interface OutboxSettings {
  readonly buffer: BufferSettings;
  readonly instance: OwnInstance;
  /** Identifies the database: calls for another one are not adopted. */
  readonly target: string;
}

/** Receives the events of the outboxes. */
export interface OutboxListener {
  troubleChanged(trouble: Trouble | null): void;
  /** A message for the application's log. */
  warningRaised(message: string): void;
}

type Trouble = NonNullable<StoreStatus['trouble']>;

/** A delivery and where it waits. */
export interface BegunDelivery {
  readonly outbox: Outbox;
  readonly delivery: WaitingDelivery;
}

/** Size limit of calls in memory. */
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
/** Outboxes of ended processes that are open at once. */
const MAX_ADOPTED = 8;
/** Names that a process tries for its file. */
const MAX_FILES = 100;
const FILE_NAME = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-\d+)?\.db$/;
/** The file belongs to someone else or stays as it is, so another name can help. */
const TROUBLES_OF_NAME: ReadonlySet<StoreTrouble> = new Set([
  'locked',
  'corrupt',
  'not_a_store',
  'newer_version',
]);

/**
 * The outbox of this process, and those of ended processes that it has adopted.
 *
 * While the file cannot be used, new calls wait in memory. Calls in the file stay there until it can be adopted.
 */
export class Outboxes {
  trouble: Trouble | null = null;
  private readonly folder: string | null;
  private readonly own: Outbox;
  private readonly adopted = new Map<string, Outbox>();
  /** Files that cannot be adopted, unless they are replaced. */
  private readonly refused = new Map<string, FileIdentity>();
  /** Path of the own file; `null`: in memory. */
  private path: string | null = null;
  private files = 0;
  private turn = 0;
  private closed = false;

  constructor(
    private readonly settings: OutboxSettings,
    private readonly listener: OutboxListener,
  ) {
    const { buffer } = settings;
    this.folder = buffer === 'memory' ? null : resolve(buffer.path);
    this.own = this.openOwn();
  }

  /** `false`: calls are lost if the process ends before they are delivered. */
  get isDurable(): boolean {
    return this.path !== null;
  }

  /** Where calls wait, for the log. */
  get place(): string {
    return this.isDurable ? this.folder! : 'memory';
  }

  /** Calls that wait, also those of ended processes. */
  get waiting(): number {
    return this.all().reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** Since when the oldest of them waits, Unix milliseconds; `null` if none does. */
  get waitingSince(): number | null {
    const times = this.all().flatMap((outbox) => this.tried(outbox, () => outbox.waitingSince) ?? []);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Positions after the last call of this process that was added, and after the last one that was delivered. */
  get progress(): { readonly added: number; readonly delivered: number } {
    const { end, delivered, waiting } = this.own;
    return { added: end, delivered: waiting === 0 ? end : delivered };
  }

  /** Adds encoded records, in memory if the file cannot be used. Returns how many; the rest exceeds the size limit. */
  append(texts: readonly string[]): number {
    this.checkFile();
    const now = Date.now();
    try {
      return this.own.append(texts, now, this.maxBytes);
    } catch (error) {
      if (!this.isDurable) throw error;
      this.fallBack(troubleOf(error) ?? 'io_error');
      return this.own.append(texts, now, this.maxBytes);
    }
  }

  /** Begins or repeats a delivery, of each outbox in turn; `null` if no call waits. */
  next(limits: DeliveryLimits): BegunDelivery | null {
    const outboxes = this.all();
    for (let tried = 0; tried < outboxes.length; tried++) {
      const outbox = outboxes[this.turn++ % outboxes.length]!;
      const delivery = outbox.waiting > 0 ? this.tried(outbox, () => outbox.next(limits)) : null;
      if (delivery) return { outbox, delivery };
    }
    return null;
  }

  /** Deletes delivered calls. Returns false if they cannot be deleted now: then they will be delivered again. */
  acknowledge({ outbox, delivery }: BegunDelivery): boolean {
    if (this.closed) return false;
    const done = this.tried(outbox, () => outbox.acknowledge(delivery)) ?? false;
    if (outbox !== this.own && outbox.waiting === 0) {
      this.release(outbox);
      // There can be more outboxes than are open at once.
      if (this.adopted.size === 0) this.adopt();
    }
    return done;
  }

  /** Takes back a delivery that was certainly not written. */
  abandon({ outbox }: BegunDelivery): void {
    this.tried(outbox, () => outbox.abandon());
  }

  /** Adopts the outboxes of ended processes, and returns to a file if one can be used again. Call it every few seconds. */
  maintain(): void {
    this.checkFile();
    if (!this.isDurable) this.returnToFile();
    this.adopt();
  }

  /** Returns how many calls are lost because they wait in memory. */
  close(): number {
    this.closed = true;
    const lost = this.isDurable ? 0 : this.own.waiting;
    for (const outbox of this.all()) outbox.close();
    this.adopted.clear();
    return lost;
  }

  private get maxBytes(): number {
    const { buffer } = this.settings;
    const inFile = buffer === 'memory' ? MAX_MEMORY_BYTES : buffer.maxBytes;
    return this.isDurable ? inFile : Math.min(inFile, MAX_MEMORY_BYTES);
  }

  private all(): readonly Outbox[] {
    return [this.own, ...this.adopted.values()];
  }

  private openOwn(): Outbox {
    const { instance, target } = this.settings;
    const own = { instance, target, firstNumber: firstNumber() };
    if (this.folder !== null) {
      try {
        return this.atFreeName((path) => new Outbox(path, own));
      } catch (error) {
        this.setTrouble(troubleOf(error) ?? 'io_error');
      }
    }
    return new Outbox(':memory:', own);
  }

  /** Opens a file of this process. @throws if none can be used */
  private atFreeName<T>(open: (path: string) => T): T {
    const { id } = this.settings.instance;
    for (;;) {
      const path = join(this.folder!, `${id}${this.files === 0 ? '' : `-${this.files}`}.db`);
      try {
        const opened = open(path);
        this.path = path;
        return opened;
      } catch (error) {
        const trouble = troubleOf(error);
        if (trouble === null || !TROUBLES_OF_NAME.has(trouble) || this.files >= MAX_FILES) throw error;
        this.files++;
      }
    }
  }

  /** A deleted file is lost when it is closed, but can still be read. */
  private checkFile(): void {
    if (!this.isDurable || !this.own.isReplaced) return;
    const { path } = this;
    try {
      this.files++;
      this.atFreeName((other) => this.own.moveTo(other, firstNumber(), { calls: true }));
    } catch (error) {
      this.fallBack(troubleOf(error) ?? 'io_error', { calls: true });
    }
    this.listener.warningRaised(
      `Store: the file ${path} was deleted or replaced while it was open. Its calls wait in ${this.path ?? 'memory'}.`,
    );
  }

  private returnToFile(): void {
    if (this.folder === null) return;
    try {
      this.files++;
      this.atFreeName((path) => this.own.moveTo(path, firstNumber(), { calls: true }));
    } catch {
      this.files--;
      return;
    }
    this.trouble = null;
    this.listener.troubleChanged(null);
  }

  private fallBack(reason: StoreTrouble, { calls } = { calls: false }): void {
    this.path = null;
    try {
      this.own.moveTo(':memory:', firstNumber(), { calls });
    } catch {
      this.own.moveTo(':memory:', firstNumber(), { calls: false });
    }
    this.setTrouble(reason);
  }

  private setTrouble(reason: StoreTrouble): void {
    const message =
      `Store: calls wait in memory, because files in ${this.folder} cannot be used: ${TROUBLE_DESCRIPTIONS[reason]}. Calls ` +
      'that the database does not have are lost when the process ends.';
    this.trouble = { reason, message, since: Date.now() };
    this.listener.troubleChanged(this.trouble);
  }

  /** Runs `work`; if the file fails, it is left to be adopted later, and the result is `undefined`. */
  private tried<T>(outbox: Outbox, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (outbox !== this.own) this.release(outbox);
      else if (this.isDurable) this.fallBack(troubleOf(error) ?? 'io_error');
      return undefined;
    }
  }

  private release(outbox: Outbox): void {
    outbox.close();
    for (const [path, known] of this.adopted) if (known === outbox) this.adopted.delete(path);
  }

  private adopt(): void {
    if (this.folder === null) return;
    for (const path of filesIn(this.folder)) {
      if (this.adopted.size >= MAX_ADOPTED) return;
      if (path === this.path || this.adopted.has(path)) continue;
      if (this.refused.has(path) && this.refused.get(path) === identityOf(path)) continue;
      try {
        this.take(path, new Outbox(path, null));
      } catch (error) {
        deleteIfAbandoned(path);
        const trouble = troubleOf(error);
        // Of another process that lives, most often.
        if (trouble === null || trouble === 'locked' || !TROUBLES_OF_NAME.has(trouble)) continue;
        this.refuse(path, `cannot be read: ${TROUBLE_DESCRIPTIONS[trouble]}`);
      }
    }
  }

  private take(path: string, outbox: Outbox): void {
    const isForOther = outbox.target !== this.settings.target;
    if (outbox.waiting > 0 && !isForOther) {
      this.adopted.set(path, outbox);
      return;
    }
    if (outbox.waiting > 0) this.refuse(path, `has ${outbox.waiting} calls for ${outbox.target}`);
    outbox.close();
  }

  private refuse(path: string, why: string): void {
    this.refused.set(path, identityOf(path));
    this.listener.warningRaised(`Store: the calls in the file ${path} are not delivered: it ${why}.`);
  }
}

/** Later than all numbers that this process used: it adds fewer entries than one a millisecond. */
function firstNumber(): number {
  return Number(process.hrtime.bigint() / 1_000_000n) + 1;
}

/** Deletes the empty file of a process that could not write to it, because the disk was full. */
function deleteIfAbandoned(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.size === 0 && Date.now() - stat.mtimeMs > HOUR) rmSync(path, { force: true });
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).flatMap((name) => (FILE_NAME.test(name) ? join(folder, name) : []));
  } catch {
    return [];
  }
}
