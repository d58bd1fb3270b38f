export default {
  title: 'the reservation of a call that fails is never released',
  file: 'src/llm-telemetry/calls/recorder.ts',
  find: '    if (reservation === null) return;\n',
  replace: '    if (reservation === null || call.failure !== null) return;\n',
  tests: ['test/budgets/budget-reservations.e2e-spec.ts'],
};
