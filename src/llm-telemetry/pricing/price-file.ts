import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Overrides } from './overrides.js';
import { parsePriceFile, PriceFileError, type OverridesCheck } from './parse-price-file.js';

const POLL_INTERVAL_MS = 1000;

/**
 * Called when the file was reloaded (`isValid`) or could not be reloaded, with a message for the log. Must not throw.
 */
export type PriceFileListener = (message: string, isValid: boolean) => void;

/**
 * Price overrides from a file, reloaded when the file changes. The path is polled once a second, which also detects a
 * file replaced by rename and a symbolic link that points to another folder (as in Kubernetes), on every file system. A
 * file that cannot be read or parsed, such as a half-written one, leaves the prices unchanged.
 */
export class PriceFile {
  private current: Overrides;
  private readonly path: string;
  private readonly timer: NodeJS.Timeout;
  /** Identifies the version of the file that was read last, valid or not. */
  private lastState: string;
  private isValid = true;
  private polling = false;

  /** @throws PriceFileError if the file is missing or invalid */
  constructor(
    file: string,
    private readonly check: OverridesCheck,
    private readonly listener: PriceFileListener = () => {},
  ) {
    this.path = resolve(file);
    try {
      const { text, stats } = readNow(this.path);
      this.lastState = stateOf(stats);
      this.current = this.parse(text, stats);
    } catch (error) {
      throw new PriceFileError(`pricing.file is invalid: ${messageOf(error, this.path)}`, { cause: error });
    }
    this.timer = setInterval(() => void this.poll(), POLL_INTERVAL_MS).unref();
  }

  /** The last valid prices. */
  get overrides(): Overrides {
    return this.current;
  }

  /** Stops polling. The last valid prices remain available. */
  close(): void {
    clearInterval(this.timer);
  }

  /** Never rejects. */
  private async poll(): Promise<void> {
    // A slow file system can take longer than the interval.
    if (this.polling) return;
    this.polling = true;
    try {
      if (stateOf(await stat(this.path)) === this.lastState) return;
      const { text, stats } = await read(this.path);
      this.lastState = stateOf(stats);
      this.current = this.parse(text, stats);
      this.isValid = true;
      const count = this.current.names.length;
      this.listener(`Price file reloaded: ${this.path} (${count} models).`, true);
    } catch (error) {
      this.reportFailure(error);
    } finally {
      this.polling = false;
    }
  }

  /** Reports the first failure only: a file that is being written can fail several times in a row. */
  private reportFailure(error: unknown): void {
    if (!(error instanceof PriceFileError)) this.lastState = 'unreadable';
    if (!this.isValid) return;
    this.isValid = false;
    this.listener(
      `Price file not reloaded, the last valid prices remain in use: ${messageOf(error, this.path)}`,
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
  /** Taken before the text is read, so that a write in between counts as another change. */
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

function messageOf(error: unknown, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined || error instanceof PriceFileError) return message;
  return code === 'ENOENT' ? `${path} does not exist.` : `${path} cannot be read (${code}).`;
}
