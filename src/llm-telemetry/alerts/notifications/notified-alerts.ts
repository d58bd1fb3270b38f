import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { reportFault } from '../../wire/guard.js';

/** Persists the keys of alerts that were notified as firing, so that a restart does not notify them again. */
export interface NotifiedAlerts {
  /** Returns the keys; `null`: unknown. Never rejects. */
  read(): Promise<ReadonlySet<string> | null>;
  /** Replaces the keys. Never rejects. */
  write(keys: ReadonlySet<string>): Promise<void>;
}

/** Keeps the keys in a JSON file next to the store's file. */
export class NotifiedAlertsFile implements NotifiedAlerts {
  private writing: Promise<void> = Promise.resolve();

  constructor(
    /** Returns the path of the store's file; `null` for an in-memory store. */
    private readonly storePath: () => Promise<string | null>,
  ) {}

  async read(): Promise<ReadonlySet<string> | null> {
    try {
      const path = await this.storePath();
      if (path === null) return null;
      const keys: unknown = JSON.parse(await readFile(fileBeside(path), 'utf8'));
      return Array.isArray(keys) ? new Set(keys.filter((key) => typeof key === 'string')) : null;
    } catch {
      // The file does not exist yet or is not readable.
      return null;
    }
  }

  write(keys: ReadonlySet<string>): Promise<void> {
    this.writing = this.writing.then(async () => {
      try {
        const path = await this.storePath();
        if (path === null) return;
        // Replaced by rename, so that a killed process leaves the old file intact.
        const draft = `${fileBeside(path)}.${process.pid}`;
        // The mode applies only to new files.
        await rm(draft, { force: true });
        await writeFile(draft, JSON.stringify([...keys]), { mode: 0o600 });
        await rename(draft, fileBeside(path));
      } catch (error) {
        reportFault('saving notified alerts', error);
      }
    });
    return this.writing;
  }
}

function fileBeside(path: string): string {
  return `${path}.alerts.json`;
}
