export default {
  title: 'the reservation of a call that fails is never released',
  file: 'src/llm-telemetry/calls/call.ts',
  find: '    if (reservation === null) return;\n',
  replace: '    if (reservation === null || this.failure !== null) return;\n',
  tests: ['test/budgets/budget-reservations.e2e-spec.ts'],
};
