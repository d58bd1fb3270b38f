export default {
  title: 'the period of a budget only moves forward',
  file: 'src/llm-telemetry/budgets/budget-account.ts',
  find: '    if (before.has(now)) return false;\n',
  replace: '    if (now < before.account.to) return false;\n',
  tests: ['src/llm-telemetry/budgets/budgets-properties.spec.ts'],
};
