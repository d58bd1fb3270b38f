export default {
  title: 'a store writes on to a file that was deleted',
  file: 'src/llm-telemetry/store/sqlite/worker/store-file.ts',
  find: 'return identityOf(this.path) !== this.file;',
  replace: 'return false;',
  tests: ['test/store/store-replaced.e2e-spec.ts'],
};
