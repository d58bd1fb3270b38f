/** Tests run as native ES modules, as the library's users do; swc strips the types. */
export const project = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-llm-telemetry$': '<rootDir>/src/llm-telemetry/index.ts',
    '^nestjs-llm-telemetry/(register|testing|store|wire)$': '<rootDir>/src/llm-telemetry/$1',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFiles: ['<rootDir>/test/support/one-realm.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

export const reporters = ['default', '<rootDir>/test/support/program-reporter.mjs'];

export default {
  reporters,
  maxWorkers: 2,
  // No test takes that long on an idle machine; CI machines are busy.
  testTimeout: 30_000,
  projects: [
    {
      ...project,
      testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.e2e-spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/contexts/', '<rootDir>/test/production/'],
    },
    {
      ...project,
      displayName: 'contexts',
      testMatch: ['<rootDir>/test/contexts/*.e2e-spec.ts'],
      // Nest's core finds its microservices and gateways there, as it would in a service that has them installed.
      moduleDirectories: ['node_modules', '<rootDir>/test/contexts/node_modules'],
    },
  ],
};
