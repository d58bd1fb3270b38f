import { importCommand } from '../../src/llm-telemetry/cli/import.js';
import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { importScenarios, type ImportTarget, type KeptDays } from '../support/import-scenarios.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends } from '../support/postgres-store.js';

describe('the import of an SQLite file into PostgreSQL', () => {
  const backends = postgresBackends();
  let cluster: PostgresCluster;
  let url: string;

  const target: ImportTarget = {
    start: async () => void (cluster = await PostgresCluster.start()),
    stop: () => cluster.stop(),
    reset: async () => void (url = await cluster.createDatabase()),
    options: () => ['--to', url],
    open: (retention?: KeptDays): Promise<SharedBackend> =>
      backends.open(url, retention && { retention: { ...retention, maxBytes: null } }),
    storedCalls: async () => {
      const [row] = await cluster.query('SELECT count(*)::int AS calls FROM llm_telemetry.call', url);
      return row!['calls'] as number;
    },
    retention: async () => {
      const [row] = await cluster.query(
        'SELECT call_days AS "callDays", rollup_days AS "rollupDays" FROM llm_telemetry.state',
        url,
      );
      return row as unknown as KeptDays;
    },
  };
  importScenarios(target);

  it.each([
    [[], 'Expected one file, received none.'],
    [['nowhere.db', '--to', 'postgres://db/llm'], 'nowhere.db does not exist.'],
    [[import.meta.filename], 'Expected --to or the environment variable LLM_STORE_URL'],
    [[import.meta.filename, '--to', 'http://clickhouse:8123/path'], 'url'],
    [['--what'], "Unknown option '--what'"],
  ])('rejects %j with exit code 2', async (args, sentence) => {
    const { code, stderr } = await importCommand(args, {});
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});
