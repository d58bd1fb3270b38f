export default {
  title: 'the WAL of a replaced file is written over the new one',
  file: 'src/llm-telemetry/store/sqlite/fallback-database.ts',
  find: '      this.file!.deleteLeftovers();\n',
  replace: '',
  tests: ['test/store/store-replaced.e2e-spec.ts'],
};
