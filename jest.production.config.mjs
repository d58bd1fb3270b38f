import { project, reporters } from './jest.config.mjs';

/** Tests with Prometheus and Alertmanager. Suites whose program is not installed are skipped. */
export default {
  ...project,
  reporters,
  maxWorkers: 2,
  // The platform keeps the ES modules of finished suites, so a worker is replaced when it has grown.
  workerIdleMemoryLimit: '1.5GB',
  // Alerts fire after their windows, which are shortened for these tests but still take seconds.
  testTimeout: 120_000,
  testMatch: ['<rootDir>/test/production/**/*.e2e-spec.ts'],
};
