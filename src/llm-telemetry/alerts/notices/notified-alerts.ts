import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { reportFault } from '../../wire/guard.js';

/** The keys of the alerts that have been notified as firing and not as resolved: what a restart must not forget. */
export interface NotifiedAlerts {
  /** `null`: it is not known. Never rejects. */
  read(): Promise<ReadonlySet<string> | null>;
  /** Never rejects. */
  write(keys: ReadonlySet<string>): Promise<void>;
}

/** Keeps the keys in a JSON file beside the store's. */
export class NotifiedAlertsFile implements NotifiedAlerts {
  private writing: Promise<void> = Promise.resolve();

  constructor(
    /** The store's file; `null` if calls are kept in memory. */
    private readonly storePath: () => Promise<string | null>,
  ) {}

  async read(): Promise<ReadonlySet<string> | null> {
    try {
      const path = await this.storePath();
      if (path === null) return null;
      const keys: unknown = JSON.parse(await readFile(fileBeside(path), 'utf8'));
      return Array.isArray(keys) ? new Set(keys.filter((key) => typeof key === 'string')) : null;
    } catch {
      // The file does not exist yet, or is not readable.
      return null;
    }
  }

  write(keys: ReadonlySet<string>): Promise<void> {
    this.writing = this.writing.then(async () => {
      try {
        const path = await this.storePath();
        if (path === null) return;
        // A process that is killed while it writes leaves the old file.
        const draft = `${fileBeside(path)}.${process.pid}`;
        // The mode applies only to a file that does not exist yet.
        await rm(draft, { force: true });
        await writeFile(draft, JSON.stringify([...keys]), { mode: 0o600 });
        await rename(draft, fileBeside(path));
      } catch (error) {
        reportFault('remembering which alerts were notified', error);
      }
    });
    return this.writing;
  }
}

function fileBeside(path: string): string {
  return `${path}.alerts.json`;
}
