export default {
  title: 'a name with a new slot loses it before its next call',
  file: 'src/llm-telemetry/store/sqlite/name-slots.ts',
  find: 'this.names.uses.count(id, { calls: 0, firstDay: lastDay, lastDay });',
  replace: '',
  tests: ['test/store/store-worker.e2e-spec.ts'],
};
