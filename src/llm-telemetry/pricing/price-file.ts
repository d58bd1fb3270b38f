import { readFileSync, statSync, unwatchFile, watchFile, type Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Overrides } from './overrides.js';
import { parsePriceFile } from './parse-price-file.js';

const LOOK_EVERY_MS = 1000;

/** Told of what became of the file: a sentence, and whether the prices are those of the file. */
export type PriceFileListener = (sentence: string, isGood: boolean) => void;

/**
 * Overrides in a file, read again when it changes. It is looked at by its path once a second: so a file that another
 * one is renamed over, or a link that is turned to another folder (as Kubernetes does), is seen like one that is
 * written to, on every file system. What cannot be read, such as a file that is half written, changes nothing.
 */
export class PriceFile {
  private current: Overrides;
  private readonly path: string;
  private isGood = true;
  private readings = 0;
  private closed = false;

  /** @throws TypeError in one sentence, where the file is missing or wrong. */
  constructor(
    file: string,
    private readonly listener: PriceFileListener = () => {},
  ) {
    this.path = resolve(file);
    // Before it is read, so that a change in between is seen as one.
    watchFile(this.path, { interval: LOOK_EVERY_MS, persistent: false }, this.changed);
    try {
      this.current = this.parse(readFileSync(this.path, 'utf8'), statSync(this.path));
    } catch (error) {
      this.close();
      throw new TypeError(`pricing.file cannot be used: ${sentenceOf(error, this.path)}`, { cause: error });
    }
  }

  /** The last good prices. */
  get overrides(): Overrides {
    return this.current;
  }

  /** The prices stay, and are not looked for any longer. */
  close(): void {
    this.closed = true;
    unwatchFile(this.path, this.changed);
  }

  private readonly changed = (stats: Stats): void => {
    void this.read(stats);
  };

  private async read(stats: Stats): Promise<void> {
    const reading = ++this.readings;
    let text: string | null = null;
    let failure: unknown;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      failure = error;
    }
    // The file has changed again, and is being read again.
    if (reading !== this.readings || this.closed) return;
    try {
      if (text === null) throw failure;
      this.current = this.parse(text, stats);
      this.isGood = true;
      this.listener(`Prices read again from ${this.path}: ${this.current.names.length} models.`, true);
    } catch (error) {
      // A file that is being written may be looked at several times before it is whole.
      if (!this.isGood) return;
      this.isGood = false;
      this.listener(
        `The last good prices stay, until the file is right again: ${sentenceOf(error, this.path)}`,
        false,
      );
    }
  }

  private parse(text: string, { mtime }: Stats): Overrides {
    return new Overrides(parsePriceFile(text, this.path), `${this.path} of ${mtime.toISOString()}`);
  }
}

function sentenceOf(error: unknown, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no ${path}.`;
  return code === undefined ? message : `${path} cannot be read (${code}).`;
}
