import { UNKNOWN_ORIGIN, type CallOrigin } from '../call-origin.js';
import type { CasesOf } from './case-names.js';
import { allCalls } from './expected-lists.js';
import { recentRecords } from './generated-records.js';
import { ORIGIN } from './given.js';
import { MeasureChecks } from './measure-checks.js';
import { assertSame } from './plain.js';

const FIELDS = ['service', 'version', 'environment', 'instance'] as const;

export const CASES: CasesOf<'origins'> = {
  'lists and measures calls by service, version, environment and instance': async (given) => {
    const { records, range } = recentRecords(100);
    const store = await given.holding(records);
    const checks = new MeasureChecks(store, records, ORIGIN, given.options);
    for (const name of FIELDS) {
      await checks.measure({ range, by: [name] });
      for (const [wanted, count] of [
        [[ORIGIN[name]], records.length],
        [['none', null, ORIGIN[name]], records.length],
        [['none'], 0],
        [[null], 0],
      ] as const) {
        const where = { [name]: wanted };
        const rows = await allCalls(store, { range, where, limit: 40 });
        assertSame(rows.length, count, `calls of ${JSON.stringify(where)}`);
        for (const row of rows) assertSame(originOf(row), ORIGIN, 'origin of a row');
        await checks.measure({ range, where, by: ['feature'] });
        await checks.measure({ range, where, by: ['tenant'] });
        await checks.errors({ range, where });
      }
    }
  },

  'finds calls whose origin is unknown': async (given) => {
    const { records, range } = recentRecords(50);
    const store = await given.holding(records, UNKNOWN_ORIGIN);
    const checks = new MeasureChecks(store, records, UNKNOWN_ORIGIN, given.options);
    for (const name of FIELDS) {
      const { calls } = await store.calls({ range, where: { [name]: [null] } });
      assertSame(calls.length, records.length, `calls without ${name}`);
      await checks.measure({ range, where: { [name]: [null] }, by: [name] });
    }
  },
};

function originOf({ service, version, environment, instance }: CallOrigin): CallOrigin {
  return { service, version, environment, instance };
}
