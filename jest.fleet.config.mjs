import { project, reporters } from './jest.config.mjs';

/** Tests with databases that instances share. `npm run test:fleet` installs them. */
export default {
  ...project,
  reporters,
  // One for each database: most of the time, tests wait for servers that are away.
  maxWorkers: 2,
  // The platform keeps the ES modules of finished suites, so a worker is replaced when it has grown.
  workerIdleMemoryLimit: '1.5GB',
  // Allows for busy CI machines; on an idle machine, tests are faster.
  testTimeout: 300_000,
  testMatch: ['<rootDir>/test/{fleet,store-clickhouse,store-postgres}/**/*.e2e-spec.ts'],
  // Needs no server: `npm test` runs it.
  testPathIgnorePatterns: ['/node_modules/', 'postgres-pglite'],
};
