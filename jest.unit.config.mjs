import { project } from './jest.config.mjs';

/** Returns a minimum of line coverage for a folder, in percent. */
const floor = (folder, lines) => ({ [`./src/llm-telemetry/${folder}/`]: { lines } });

/**
 * Runs the specs beside the sources: no server of the library, no browser and no build.
 *
 * `npm run coverage` measures their coverage. Code that needs a real SDK, server or browser is covered by
 * `*.e2e-spec.ts` and not counted here, so the global minimum is low. Minimums are slightly below the coverage of
 * 2026-11-30: raise them when coverage grows. Specs of formats load the transports, which have tests with a server.
 */
export default {
  ...project,
  testMatch: ['<rootDir>/{src,bench}/**/*.spec.ts'],
  testTimeout: 30_000,
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'html', 'lcovonly'],
  collectCoverageFrom: [
    'src/llm-telemetry/**/*.{ts,tsx}',
    '!**/*.spec.ts',
    '!**/*.d.ts',
    // Tested with a real Redis (`test/budgets`); `budgets` has a minimum.
    '!src/llm-telemetry/budgets/redis/**',
  ],
  coverageThreshold: {
    ...floor('budgets', 85),
    ...floor('pricing', 88),
    ...floor('store/record-codec', 99),
    ...floor('validation', 88),
    ...floor('wire/content', 80),
    ...floor('wire/formats', 98),
    ...floor('wire/json', 99),
    global: { lines: 26, branches: 78, functions: 45 },
  },
};
