import { project, reporters } from './jest.config.mjs';

/** Tests on Prometheus and Alertmanager; suites whose program is not installed are skipped. */
export default {
  ...project,
  reporters,
  maxWorkers: 2,
  // Alerts wait for windows, as short as they are here.
  testTimeout: 120_000,
  testMatch: ['<rootDir>/test/production/**/*.e2e-spec.ts'],
};
