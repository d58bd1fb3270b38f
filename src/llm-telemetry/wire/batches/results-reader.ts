import { guard } from '../guard.js';
import { asObject, parseJson, type JsonObject } from '../json/json-value.js';
import type { BatchApi, ItemResult } from './batch-api.js';
import type { BatchItem, BatchObserver, BatchResults } from './batch-observer.js';
import { itemOf, type BatchSource } from './item-exchange.js';
import { MAX_ITEMS, nextTurn } from './steps.js';

/** Longest step between two turns of the event loop, in milliseconds: a file can have 100,000 lines. */
const MAX_STEP_MS = 4;
/** Lines after which a file without any item is not read further: it is no file of results. */
const MAX_FOREIGN_LINES = 3;

/**
 * Reads the lines of a file of results in small steps, while the application already uses them, and passes the items to
 * the observer.
 */
export class ResultsReader {
  /** Texts that were read, from `at` on. Streams add single lines, a body read as a whole is one text. */
  private readonly texts: string[] = [];
  private at = 0;
  private isRunning = false;
  private end: { readonly isComplete: boolean } | null = null;
  private hasItems = false;
  private unreadable = 0;
  private isForeign = false;

  constructor(
    private readonly results: BatchResults,
    private readonly source: BatchSource,
    private readonly apis: readonly BatchApi[],
    private readonly observer: BatchObserver,
  ) {}

  /** Adds whole lines. Keeps the text, and reads it later. */
  add(text: string): void {
    if (this.isForeign) return;
    this.texts.push(text);
    this.start();
  }

  /** @param isComplete - the whole file was read */
  finish(isComplete: boolean): void {
    this.end = { isComplete };
    this.start();
  }

  private start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.observer.reading(this.run());
  }

  private async run(): Promise<void> {
    for (;;) {
      // Reading begins when the application has returned to the event loop.
      await nextTurn();
      const items = this.step();
      if (items.length > 0) await this.observer.items(this.results, items);
      if (this.texts.length === 0) break;
    }
    this.isRunning = false;
    if (this.end === null) return;
    const { isComplete } = this.end;
    if (this.hasItems) await this.observer.ended(this.results, { isComplete, unreadable: this.unreadable });
  }

  /** Reads lines until the step is long enough. */
  private step(): BatchItem[] {
    const items: BatchItem[] = [];
    const startedAt = performance.now();
    for (let line = this.nextLine(); line !== null; line = this.nextLine()) {
      const item = this.itemIn(line);
      if (item) items.push(item);
      if (items.length >= MAX_ITEMS || performance.now() - startedAt >= MAX_STEP_MS) break;
    }
    return items;
  }

  private nextLine(): string | null {
    for (;;) {
      const text = this.texts[0];
      if (text === undefined) return null;
      const end = text.indexOf('\n', this.at);
      const line = text.slice(this.at, end < 0 ? text.length : end).trim();
      if (end < 0) {
        this.texts.shift();
        this.at = 0;
      } else {
        this.at = end + 1;
      }
      if (line !== '') return line;
    }
  }

  private itemIn(line: string): BatchItem | null {
    const body = asObject(parseJson(line));
    const result = body && this.resultOf(body);
    if (result) {
      this.hasItems = true;
      return itemOf(result, this.source);
    }
    this.unreadable++;
    if (!this.hasItems && this.unreadable >= MAX_FOREIGN_LINES) this.stop();
    return null;
  }

  private resultOf(line: JsonObject): ItemResult | null {
    for (const api of this.apis) {
      const result = guard('reading an item of a batch', () => api.readItem(line));
      if (result) return result;
    }
    return null;
  }

  private stop(): void {
    this.isForeign = true;
    this.texts.length = 0;
    this.at = 0;
  }
}
