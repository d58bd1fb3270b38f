export default {
  title: 'the error of a refused stream is replaced only the first time that the platform gives it out',
  file: 'src/llm-telemetry/calls/methods/watch.ts',
  find: 'if (!this.kept && !this.refused) this.release();',
  replace: 'if (!this.kept) this.release();',
  tests: ['test/sdks/refused-streams.e2e-spec.ts'],
};
