export default {
  title: 'an admitted call takes no reservation',
  file: 'src/llm-telemetry/budgets/budgets.ts',
  find: '    reservation.hold(usdOf);\n',
  replace: '',
  tests: ['test/budgets/budget-reservations.e2e-spec.ts'],
};
