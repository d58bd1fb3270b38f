import type { DatabaseSync } from 'node:sqlite';
import { CallWriter, type Written } from './call-writer.js';
import { Names } from './names.js';
import { openDatabase } from './open-database.js';
import { PartCache } from './part-cache.js';

/** One open database, in a file or in memory. */
export class CallDatabase {
  readonly database: DatabaseSync;
  readonly names: Names;
  readonly parts: PartCache;
  private readonly writer: CallWriter;

  /** @throws what is wrong with the file. */
  constructor(path: string) {
    this.database = openDatabase(path);
    this.names = new Names(this.database);
    this.parts = new PartCache(this.database, this.names);
    this.writer = new CallWriter(this.database, this.names);
  }

  /** @throws what is wrong with the file; then nothing is written. */
  write(texts: readonly string[]): Written {
    this.parts.clear();
    return this.writer.write(texts);
  }

  close(): void {
    this.database.close();
  }
}
