export default {
  title: 'a store keeps writing to a deleted file',
  file: 'src/llm-telemetry/store/sqlite/store-file.ts',
  find: 'return identityOf(this.path) !== this.file;',
  replace: 'return false;',
  tests: ['test/store/store-replaced.e2e-spec.ts'],
};
