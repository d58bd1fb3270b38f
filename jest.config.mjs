/** Runs tests as native ES modules, like most applications; swc strips the types. */
export const project = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-llm-telemetry$': '<rootDir>/src/llm-telemetry/index.ts',
    '^nestjs-llm-telemetry/(register|testing|store|wire)$': '<rootDir>/src/llm-telemetry/$1',
    '^nestjs-llm-telemetry/postgres$': '<rootDir>/src/llm-telemetry/store/postgres',
    '^nestjs-llm-telemetry/clickhouse$': '<rootDir>/src/llm-telemetry/store/clickhouse',
    '^nestjs-llm-telemetry/redis$': '<rootDir>/src/llm-telemetry/budgets/redis',
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
  // The platform keeps the ES modules of finished suites, so a worker is replaced when it has grown.
  workerIdleMemoryLimit: '1.5GB',
  // Allows for busy CI machines; on an idle machine, tests are faster.
  testTimeout: 30_000,
  projects: [
    {
      ...project,
      testMatch: ['<rootDir>/{src,bench}/**/*.spec.ts', '<rootDir>/test/**/*.e2e-spec.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '<rootDir>/test/contexts/',
        '<rootDir>/test/production/',
        '<rootDir>/test/fleet/',
        '<rootDir>/test/store-clickhouse/',
      ],
    },
    {
      ...project,
      displayName: 'contexts',
      testMatch: ['<rootDir>/test/contexts/*.e2e-spec.ts'],
      // Lets Nest's core resolve its microservices and gateways, as in a service that has them installed.
      moduleDirectories: ['node_modules', '<rootDir>/test/contexts/node_modules'],
    },
  ],
};
