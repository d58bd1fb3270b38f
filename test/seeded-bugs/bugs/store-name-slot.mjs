export default {
  title: 'a full list of names never frees slots',
  file: 'src/llm-telemetry/store/sqlite/name-slots.ts',
  find: 'if (isNewDay || this.isFull()) inTransaction(this.database, () => this.deleteUnused());',
  replace: '',
  tests: ['test/store/store-names.e2e-spec.ts'],
};
