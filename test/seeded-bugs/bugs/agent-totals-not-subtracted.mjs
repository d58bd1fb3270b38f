export default {
  title: 'each result of an agent counts the totals of its session',
  file: 'src/llm-telemetry/wire/transports/agent/model-totals.ts',
  find: '  return withoutTotals(totals, before);\n',
  replace: '  return totals;\n',
  tests: ['test/sdks/agent-reports.e2e-spec.ts'],
};
