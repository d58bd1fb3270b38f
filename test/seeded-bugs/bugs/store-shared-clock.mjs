export default {
  title: 'each process that shares a file advances the confirmed time',
  file: 'src/llm-telemetry/store/sqlite/clock.ts',
  find: 'if (row.holder !== this.holder) {',
  replace: 'if (row.holder === Infinity) {',
  tests: ['test/store/store-clock.e2e-spec.ts'],
};
