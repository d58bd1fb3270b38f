export default {
  title: 'the sum of the memory fallback is used as the sum of the file',
  file: 'src/llm-telemetry/budgets/store-ledger.ts',
  find: "  return where !== null && state !== 'stored';\n",
  replace: '  return where === state;\n',
  tests: ['test/budgets/budget-ledger.e2e-spec.ts'],
};
