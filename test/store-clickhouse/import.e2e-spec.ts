import { importCommand } from '../../src/llm-telemetry/cli/import.js';
import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { importFile } from '../../src/llm-telemetry/store/import/import-file.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { importScenarios, type ImportTarget, type KeptDays } from '../support/import-scenarios.js';

describe('the import of an SQLite file into ClickHouse', () => {
  const server = new ClickHouseServer();
  let database: string;
  let imports = 0;

  const target: ImportTarget = {
    start: () => server.start(),
    stop: () => server.stop(),
    reset: async () => void (database = `import_${++imports}`),
    options: () => ['--to', server.url, '--database', database],
    open: async (retention?: KeptDays): Promise<SharedBackend> => {
      const backend = server.backend({ database, ...(retention && { retention }) });
      await backend.open();
      return backend;
    },
    storedCalls: async () => {
      const [row] = await server.rows(`SELECT toUInt32(count()) FROM ${database}.call`);
      return row![0] as number;
    },
    retention: async () => {
      const rows = await server.rows(
        `SELECT key, toInt32(argMax(value, at)) FROM ${database}.meta WHERE key LIKE '%Days' GROUP BY key`,
      );
      return Object.fromEntries(rows) as KeptDays;
    },
  };
  importScenarios(target, (file) => {
    it.each(['before', 'after'] as const)(
      'is exact if inserts lose their connection %s the server has stored them',
      async (when) => {
        const backend = await target.open();
        for (const table of ['call', 'rollup']) {
          await server.fail(table, when);
          await importFile(file().path, backend).catch(() => undefined);
        }
        expect((await importCommand([file().path, ...target.options()])).code).toBe(0);
        await file().expectSameStore(backend);
      },
      240_000,
    );
  });
});
