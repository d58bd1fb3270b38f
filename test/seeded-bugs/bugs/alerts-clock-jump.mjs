export default {
  title: 'a clock change resolves alerts',
  file: 'src/llm-telemetry/alerts/alert-evaluator.ts',
  find: 'if (this.clockWasSet(now)) return null;',
  replace: '',
  tests: ['test/alerts/alert-watch.e2e-spec.ts'],
};
