export default {
  title: 'retention trusts an incorrect wall clock',
  file: 'src/llm-telemetry/store/sqlite/clock.ts',
  find: 'now: Math.min(wall, confirmed),',
  replace: 'now: wall,',
  tests: ['test/store/store-clock.e2e-spec.ts'],
};
