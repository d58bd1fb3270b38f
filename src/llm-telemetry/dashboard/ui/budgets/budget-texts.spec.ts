import type { BudgetStatus } from '../../api/index.js';
import {
  findingOf,
  outlookOf,
  passedOf,
  periodOf,
  scopeOf,
  budgetsWithin,
  filterNote,
} from './budget-texts.js';
import { NO_FILTERS } from '../state/page-state.js';

const NOVEMBER = { from: Date.parse('2026-11-01T00:00:00Z'), to: Date.parse('2026-12-01T00:00:00Z') };
const budget = (differences: Partial<BudgetStatus> = {}): BudgetStatus => ({
  name: '$4,500 a month for all calls',
  feature: null,
  tenant: null,
  per: 'month',
  onExceed: 'warn',
  period: NOVEMBER,
  limitUsd: 4500,
  spentUsd: 2914,
  lowerBound: false,
  unknownCalls: 0,
  exceeded: false,
  reservedUsd: 0,
  callsInFlight: 0,
  ledger: 'responding',
  projectedUsd: 3869,
  usedUpAt: null,
  ...differences,
});
const at = (day: number): number => new Date(2026, 10, day, 12).getTime();

it('shows the scope and period of a budget', () => {
  expect([budget(), budget({ feature: 'support_chat' }), budget({ tenant: 'acme' })].map(scopeOf)).toEqual([
    'All calls',
    'support_chat',
    'Tenant acme',
  ]);
  const from = Date.parse('2026-11-24T14:00:00Z');
  const period = { from, to: from + 3_600_000 };
  expect([budget(), budget({ per: 'day', period }), budget({ per: 'hour', period })].map(periodOf)).toEqual([
    'November',
    '24 Nov UTC',
    '14:00 UTC',
  ]);
  expect(passedOf(budget(), Date.parse('2026-11-16T00:00:00Z'))).toBe(0.5);
});

it.each<[string, Partial<BudgetStatus>, ReturnType<typeof outlookOf>]>([
  ['within its limit', {}, { bad: false, main: 'On pace for $3,869', aside: '14% under' }],
  [
    'on pace to exceed its limit',
    { projectedUsd: 5000, usedUpAt: at(25) },
    { bad: true, main: 'Used up on 25 Nov', aside: 'on pace for $5,000' },
  ],
  [
    'that is used up',
    { spentUsd: 4600, exceeded: true, projectedUsd: 6100, usedUpAt: at(22) },
    { bad: true, main: 'Used up since 22 Nov', aside: 'on pace for $6,100' },
  ],
  [
    'that is used up and refuses calls',
    { spentUsd: 4600, exceeded: true, onExceed: 'block' },
    { bad: true, main: 'Used up', aside: 'calls are refused' },
  ],
  [
    'of a few dollars',
    { limitUsd: 5, projectedUsd: 2.5 },
    { bad: false, main: 'On pace for $2.50', aside: '50% under' },
  ],
  ['without a projection', { projectedUsd: null }, { bad: false, main: 'Too early to project', aside: '' }],
])('describes a budget %s', (_, differences, outlook) => {
  expect(outlookOf(budget(differences))).toEqual(outlook);
});

it('summarizes the worst budget', () => {
  const [lasts, goes, gone] = [
    budget(),
    budget({ projectedUsd: 5000, usedUpAt: at(25) }),
    budget({ exceeded: true }),
  ];
  expect(findingOf([lasts])).toBe('Within budget');
  expect(findingOf([lasts, lasts])).toBe('All within budget');
  expect(findingOf([lasts, goes])).toBe('1 of 2 will be used up at this pace');
  expect(findingOf([lasts, goes, gone])).toBe('1 of 3 is used up');
});

const budgetOf = (names: Partial<BudgetStatus>): BudgetStatus => ({
  name: '',
  feature: null,
  tenant: null,
  per: 'month',
  onExceed: 'warn',
  period: { from: 0, to: 1 },
  limitUsd: 1,
  spentUsd: 0,
  lowerBound: false,
  unknownCalls: 0,
  exceeded: false,
  reservedUsd: 0,
  callsInFlight: 0,
  ledger: 'responding',
  projectedUsd: null,
  usedUpAt: null,
  ...names,
});
const ALL = budgetOf({});
const CHAT = budgetOf({ feature: 'support_chat' });
const ORDERS = budgetOf({ feature: 'order_dashboard' });
const ACME = budgetOf({ tenant: 'acme' });
const BUDGETS = [ALL, CHAT, ORDERS, ACME];

describe('filters of the budgets panel', () => {
  const under = (filters: Partial<typeof NO_FILTERS>) => {
    const names = { ...NO_FILTERS, ...filters };
    const shown = budgetsWithin(BUDGETS, names);
    return { shown, note: filterNote(BUDGETS, shown, names) };
  };

  it('shows all budgets without a note if no filter is set', () => {
    expect(under({})).toEqual({ shown: BUDGETS, note: null });
  });

  it('hides budgets of other features and tenants', () => {
    const { shown, note } = under({ feature: ['support_chat'] });
    expect(shown).toEqual([ALL, CHAT, ACME]);
    expect(note).toBe(
      'Budgets count all calls of their scope: the filter by feature does not apply. ' +
        'Not shown: 1 budget of other features or tenants.',
    );
    expect(under({ tenant: ['globex'] }).shown).toEqual([ALL, CHAT, ORDERS]);
  });

  it('states which filters do not apply', () => {
    expect(under({ model: ['gpt-4o'], operation: ['reply'], user: ['u_1'] }).note).toBe(
      'Budgets count all calls of their scope: the filters by operation, model and user do not apply.',
    );
  });

  it('states that no budget applies', () => {
    const names = { ...NO_FILTERS, feature: ['search'] };
    expect(filterNote([CHAT], budgetsWithin([CHAT], names), names)).toBe(
      'No budget applies to these calls. Not shown: 1 budget of other features or tenants.',
    );
  });
});
