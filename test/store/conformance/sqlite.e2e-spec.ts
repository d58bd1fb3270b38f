import { randomUUID } from 'node:crypto';
import { storeConformance } from 'nestjs-llm-telemetry/store';
import { sqliteStore } from '../../support/sqlite-store.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

// Allows for busy machines: each case writes and reads thousands of calls.
import.meta.jest.setTimeout(120_000);

describe('a SQLite store in a file', () => {
  const folder = temporaryFolder();
  let path: string;
  const cases = storeConformance({
    open: (origin) => sqliteStore(origin, (path = folder.file(`${randomUUID()}.db`))),
    reopen: (origin) => sqliteStore(origin, path),
    sameQuantiles: true,
  });
  for (const { name, run } of cases) it(name, run);
});

describe('a SQLite store in memory', () => {
  const cases = storeConformance({ open: (origin) => sqliteStore(origin, null), sameQuantiles: true });
  for (const { name, run } of cases) it(name, run);
});

describe('a SQLite store in memory without a worker', () => {
  const cases = storeConformance({ open: (origin) => sqliteStore(origin, null, null), sameQuantiles: true });
  for (const { name, run } of cases) it(name, run);
});
