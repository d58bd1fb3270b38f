/** Tests run as native ES modules, as the library's users do; swc strips the types. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-llm-telemetry$': '<rootDir>/src/llm-telemetry/index.ts',
    '^nestjs-llm-telemetry/(register|testing)$': '<rootDir>/src/llm-telemetry/$1',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  maxWorkers: 2,
  setupFiles: ['<rootDir>/test/support/one-realm.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.e2e-spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};
