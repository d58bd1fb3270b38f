export default {
  title: 'a budget compares the whole name of a tenant with one that the store has cut',
  file: 'src/llm-telemetry/budgets/budget-account.ts',
  find: '    ...(tenant !== undefined && { tenant: boundedName(tenant) }),\n',
  replace: '',
  tests: ['test/budgets/budget-ledger.e2e-spec.ts'],
};
