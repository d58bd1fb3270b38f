import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Overrides } from './overrides.js';
import { parsePriceFile, type OverridesCheck } from './parse-price-file.js';

const LOOK_EVERY_MS = 1000;

/** Told of what became of the file: a sentence, and whether the prices are those of the file. Must not throw. */
export type PriceFileListener = (sentence: string, isGood: boolean) => void;

/**
 * Overrides in a file, read again when it changes. It is looked at by its path once a second: so a file that another
 * one is renamed over, or a link that is turned to another folder (as Kubernetes does), is seen like one that is
 * written to, on every file system. What cannot be read, such as a file that is half written, changes nothing.
 */
export class PriceFile {
  private current: Overrides;
  private readonly path: string;
  private readonly timer: NodeJS.Timeout;
  /** Tells the file that was last read, well or not, from any other state of it. */
  private seen: string;
  private isGood = true;
  private looking = false;

  /** @throws TypeError in one sentence, where the file is missing or wrong. */
  constructor(
    file: string,
    private readonly check: OverridesCheck,
    private readonly listener: PriceFileListener = () => {},
  ) {
    this.path = resolve(file);
    try {
      const { text, stats } = readNow(this.path);
      this.seen = stateOf(stats);
      this.current = this.parse(text, stats);
    } catch (error) {
      throw new TypeError(`pricing.file cannot be used: ${sentenceOf(error, this.path)}`, { cause: error });
    }
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  /** The last good prices. */
  get overrides(): Overrides {
    return this.current;
  }

  /** The prices stay, and are not looked for any longer. */
  close(): void {
    clearInterval(this.timer);
  }

  /** Never rejects. */
  private async look(): Promise<void> {
    // A file system may take longer than a second to answer.
    if (this.looking) return;
    this.looking = true;
    try {
      if (stateOf(await stat(this.path)) === this.seen) return;
      const { text, stats } = await read(this.path);
      this.seen = stateOf(stats);
      this.current = this.parse(text, stats);
      this.isGood = true;
      this.listener(`Prices read again from ${this.path}: ${this.current.names.length} models.`, true);
    } catch (error) {
      this.keep(error);
    } finally {
      this.looking = false;
    }
  }

  /** A file that is being written may be looked at several times before it is whole: said once. */
  private keep(error: unknown): void {
    if ((error as NodeJS.ErrnoException).code !== undefined) this.seen = 'unreadable';
    if (!this.isGood) return;
    this.isGood = false;
    this.listener(
      `The last good prices stay, until the file is right again: ${sentenceOf(error, this.path)}`,
      false,
    );
  }

  private parse(text: string, { mtime }: Stats): Overrides {
    return new Overrides(
      parsePriceFile(text, this.path, this.check),
      `${this.path} of ${mtime.toISOString()}`,
    );
  }
}

interface Contents {
  readonly text: string;
  /** As they were before the text was read: what is written meanwhile makes another state. */
  readonly stats: Stats;
}

function readNow(path: string): Contents {
  const file = openSync(path, 'r');
  try {
    const stats = fstatSync(file);
    return { stats, text: readFileSync(file, 'utf8') };
  } finally {
    closeSync(file);
  }
}

async function read(path: string): Promise<Contents> {
  const file = await open(path, 'r');
  try {
    const stats = await file.stat();
    return { stats, text: await file.readFile('utf8') };
  } finally {
    await file.close();
  }
}

function stateOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
}

function sentenceOf(error: unknown, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no ${path}.`;
  return code === undefined ? message : `${path} cannot be read (${code}).`;
}
