import { CASE_NAMES, type Area, type Case } from './case-names.js';
import type { ConformanceOptions } from './conformance-options.js';
import { Given } from './given.js';

/** One case of the conformance suite. @publicApi */
export interface ConformanceCase {
  /** A sentence about a store, without its subject. */
  readonly name: string;
  /** Opens stores, checks them and closes them. Rejects with an `AssertionError` if a check fails. */
  run(): Promise<void>;
}

const LOADERS: Readonly<Record<Area, () => Promise<{ readonly CASES: Readonly<Record<string, Case>> }>>> = {
  recording: () => import('./recording-cases.js'),
  lists: () => import('./list-cases.js'),
  text: () => import('./text-cases.js'),
  measures: () => import('./measure-cases.js'),
  batches: () => import('./batch-cases.js'),
  origins: () => import('./origin-cases.js'),
  sharing: () => import('./sharing-cases.js'),
};

/**
 * Returns the cases that every `CallStore` must pass, for any test runner. Each opens its own stores. Measures are compared
 * with sums that are computed from the recorded calls in exact arithmetic.
 *
 * The cases record calls of the last three days; a store must keep these.
 *
 * @example for (const { name, run } of storeConformance({ open: () => new MyStore() })) it(name, run);
 */
export function storeConformance(options: ConformanceOptions): readonly ConformanceCase[] {
  const { reopen, origins = true, textSearch = true } = options;
  const leftOut: Partial<Record<Area, boolean>> = { sharing: !reopen, origins: !origins, text: !textSearch };
  return (Object.keys(CASE_NAMES) as Area[])
    .filter((area) => !leftOut[area])
    .flatMap((area) =>
      CASE_NAMES[area].map((name) => ({ name, run: () => runCase(LOADERS[area], name, options) })),
    );
}

async function runCase(
  load: (typeof LOADERS)[Area],
  name: string,
  options: ConformanceOptions,
): Promise<void> {
  const { CASES } = await load();
  const given = new Given(options);
  try {
    await CASES[name]!(given);
  } finally {
    await given.close();
  }
}
