export default {
  title: 'a list of names that is full stays full',
  file: 'src/llm-telemetry/store/sqlite/worker/name-slots.ts',
  find: 'if (isNewDay || this.isFull()) inTransaction(this.database, () => this.deleteUnused());',
  replace: '',
  tests: ['test/store/store-names.e2e-spec.ts'],
};
