export default {
  title: 'a budget compares the full name of a tenant with the name truncated by the store',
  file: 'src/llm-telemetry/budgets/budget-account.ts',
  find: '    ...(tenant !== undefined && { tenant: boundedName(tenant) }),\n',
  replace: '',
  tests: ['test/budgets/budget-ledger.e2e-spec.ts'],
};
