import { storeConformance, type CallOrigin, type CallStore } from 'nestjs-llm-telemetry/store';
import {
  COUNT_MEASURES,
  ERROR_FIELDS,
} from '../../../src/llm-telemetry/store/conformance/expected-measures.js';
import { SUMMED_MEASURES } from '../../../src/llm-telemetry/store/measure-table.js';
import { ERROR_SUMS } from '../../../src/llm-telemetry/store/sums.js';
import { sqliteStore } from '../../support/sqlite-store.js';
import { withFault } from './fault.js';
import { LIST_FAULTS } from './list-faults.js';
import { MEASURE_FAULTS } from './measure-faults.js';
import { RECORDING_FAULTS } from './recording-faults.js';

/** Shows that the conformance suite notices faults: each is put into a correct store, and must fail a case. */

// Allows for busy machines: each case writes and reads thousands of calls.
import.meta.jest.setTimeout(120_000);

const FAULTS = [...RECORDING_FAULTS, ...LIST_FAULTS, ...MEASURE_FAULTS];

const emptyStore = (origin: CallOrigin): CallStore => sqliteStore(origin, null, null);

describe('the conformance suite', () => {
  it.each(FAULTS)('notices a store that %s: "%s…"', async (_, noticedBy, fault) => {
    const open = (origin: CallOrigin): CallStore => withFault(emptyStore(origin), fault);
    const found = storeConformance({ open }).filter(({ name }) => name.startsWith(noticedBy));
    expect(found).toHaveLength(1);
    await expect(found[0]!.run()).rejects.toThrow();
  });

  it.each(storeConformance({ open: emptyStore, reopen: emptyStore }).slice(-3))(
    'notices a store that forgets its calls: "$name"',
    async ({ run }) => {
      await expect(run()).rejects.toThrow();
    },
  );

  it('notices a fault with each of its cases', () => {
    const unnoticed = storeConformance({ open: emptyStore })
      .map(({ name }) => name)
      .filter((name) => FAULTS.every(([, noticedBy]) => !name.startsWith(noticedBy)));
    expect(unnoticed).toEqual([]);
  });

  it('checks every measure that can be summed', () => {
    expect(COUNT_MEASURES.toSorted()).toEqual(SUMMED_MEASURES.toSorted());
    expect(ERROR_FIELDS).toEqual(ERROR_SUMS);
  });

  it('leaves out what a store does not promise', () => {
    const open = (): CallStore => {
      throw new Error('A case ran.');
    };
    const all = storeConformance({ open, reopen: open }).map(({ name }) => name);
    const fewer = storeConformance({ open, origins: false, textSearch: false }).map(({ name }) => name);
    expect(new Set(all).size).toBe(all.length);
    expect(all.length - fewer.length).toBe(6);
    expect(all).toEqual(expect.arrayContaining(fewer));
  });
});
