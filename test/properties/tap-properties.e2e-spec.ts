import fc from 'fast-check';
import { Coverage } from './support/coverage.js';
import { TAP_PROPERTIES } from './support/properties.js';

const WHOLE_RUN = 100_000;

/** `TAP_CASES` sets the number of cases. `TAP_SEED` repeats a run with the seed that it printed. */
const CASES = Number(process.env['TAP_CASES'] ?? WHOLE_RUN);
const SEED = Number(process.env['TAP_SEED'] ?? Date.now() % 0x7fff_ffff);

import.meta.jest.setTimeout(900_000);

describe('the tap', () => {
  const coverage = new Coverage();
  const startedAt = performance.now();
  afterAll(() => {
    process.stdout.write(coverage.summary((performance.now() - startedAt) / 1000, SEED));
  });

  it.each(TAP_PROPERTIES)('$name', async ({ share, of }) => {
    await fc.assert(of(coverage), { seed: SEED, numRuns: CASES * share });
  });

  // A short run may not cover everything.
  if (CASES >= WHOLE_RUN) {
    it('is tested with every kind of split, cut, mutation, ending and consumer', () => {
      expect(coverage.missing).toEqual([]);
    });
  }
});
