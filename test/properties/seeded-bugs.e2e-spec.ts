import fc from 'fast-check';
import { tapFetch } from '../../src/llm-telemetry/wire/transports/fetch-tap.js';
import { onFault } from '../../src/llm-telemetry/wire/guard.js';
import { Coverage } from './support/coverage.js';
import { TAP_PROPERTIES } from './support/properties.js';
import { SEEDED_BUGS, withBug } from './support/seeded-bugs.js';
import type { Tap } from './support/trial.js';

/** At most 6,000 cases of all properties in turn: far fewer than the tap itself is shown. */
const ROUNDS = 20;
const CASES = 100;
const SEED = 20_261_124;

import.meta.jest.setTimeout(120_000);

/** The first thing that the properties have against a tap, and how many cases it took to see it. */
async function firstObjection(tap: Tap): Promise<{ objection: string | null; cases: number }> {
  const coverage = new Coverage();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { of } of TAP_PROPERTIES) {
      const { failed, errorInstance } = await fc.check(of(tap, coverage), {
        seed: SEED + round,
        numRuns: CASES,
        endOnFailure: true,
      });
      if (failed) return { objection: (errorInstance as Error).message, cases: coverage.cases };
    }
  }
  return { objection: null, cases: coverage.cases };
}

describe('the properties of the tap', () => {
  const caught: string[] = [];
  afterAll(() => {
    process.stdout.write(
      `\nBugs put into the tap, and when the properties caught them\n${caught.join('\n')}\n`,
    );
  });

  it('have nothing against the tap as it is', async () => {
    expect(await firstObjection({ tapFetch, onFault })).toEqual({
      objection: null,
      cases: expect.any(Number),
    });
  });

  it.each(SEEDED_BUGS)('catch a tap in which $name', async (bug) => {
    const { objection, cases } = await withBug(bug, firstObjection);
    expect(objection).toMatch(bug.caughtBy);
    caught.push(
      `  ${bug.name.padEnd(50)}caught after ${String(cases).padStart(4)} cases: ${objection!.split('\n')[0]!.slice(0, 70)}`,
    );
  });
});
