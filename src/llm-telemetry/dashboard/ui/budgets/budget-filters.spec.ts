import type { BudgetStatus } from '../../api/index.js';
import { DEFAULT_STATE, NO_FILTERS } from '../state/page-state.js';
import { chosenFeature, scopeText, whatIfFilters } from '../what-if/what-if-filters.js';
import { budgetsWithin, filterNote } from './budget-filters.js';

const budget = (names: Partial<BudgetStatus>): BudgetStatus => ({
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
  ledger: 'answered',
  projectedUsd: null,
  usedUpAt: null,
  ...names,
});
const ALL = budget({});
const CHAT = budget({ feature: 'support_chat' });
const ORDERS = budget({ feature: 'order_dashboard' });
const ACME = budget({ tenant: 'acme' });
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

  it('explains which filters do not apply', () => {
    expect(under({ model: ['gpt-4o'], operation: ['reply'], user: ['u_1'] }).note).toBe(
      'Budgets count all calls of their scope: the filters by operation, model and user do not apply.',
    );
  });

  it('explains that no budget applies', () => {
    const names = { ...NO_FILTERS, feature: ['search'] };
    expect(filterNote([CHAT], budgetsWithin([CHAT], names), names)).toBe(
      'No budget applies to these calls. Not shown: 1 budget of other features or tenants.',
    );
  });
});

describe('filters of the What-if panel', () => {
  it('sends every filter, with the model filter as fromModel', () => {
    const state = { ...DEFAULT_STATE, feature: ['a', 'b'], model: ['gpt-4o'], tenant: ['acme'] };
    expect(whatIfFilters(state)).toMatchObject({
      feature: ['a', 'b'],
      operation: [],
      fromModel: ['gpt-4o'],
      tenant: ['acme'],
    });
    expect(scopeText(state)).toBe('gpt-4o, acme');
  });

  it('compares the selected feature if the filters allow it', () => {
    const state = { ...DEFAULT_STATE, whatIfFeature: 'b' };
    expect(chosenFeature(state)).toBe('b');
    expect(chosenFeature({ ...state, feature: ['a', 'b'] })).toBe('b');
    expect(chosenFeature({ ...state, feature: ['a', 'c'] })).toBe('');
    expect(chosenFeature({ ...state, feature: ['a'] })).toBe('a');
  });
});
