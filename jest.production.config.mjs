import { project } from './jest.config.mjs';

/** The tests against what runs in production: Debian's prometheus and prometheus-alertmanager must be installed. */
export default {
  ...project,
  maxWorkers: 2,
  // Alerts wait for windows, as short as they are here.
  testTimeout: 120_000,
  testMatch: ['<rootDir>/test/production/**/*.e2e-spec.ts'],
};
