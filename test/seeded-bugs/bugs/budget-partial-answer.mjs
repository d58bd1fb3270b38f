export default {
  title: 'the sum of the memory fallback is used as the sum of the file',
  file: 'src/llm-telemetry/budgets/store-ledger.ts',
  find: "  return path !== null && mode !== 'file';\n",
  replace: '  return path === mode;\n',
  tests: ['test/budgets/budget-ledger.e2e-spec.ts'],
};
