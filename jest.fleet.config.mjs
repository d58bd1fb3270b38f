import { project, reporters } from './jest.config.mjs';

/** Tests with databases that instances share. `npm run test:fleet` installs them. */
export default {
  ...project,
  reporters,
  maxWorkers: 1,
  // The platform keeps the ES modules of finished suites, so a worker is replaced when it has grown.
  workerIdleMemoryLimit: '1.5GB',
  // Allows for busy CI machines; on an idle machine, tests are faster.
  testTimeout: 120_000,
  testMatch: ['<rootDir>/test/store-clickhouse/**/*.e2e-spec.ts'],
};
