export default {
  title: 'the error of a refused stream is replaced only when it is first thrown',
  file: 'src/llm-telemetry/calls/methods/watch.ts',
  find: 'if (!this.keepHooks && !this.refused) this.release();',
  replace: 'if (!this.keepHooks) this.release();',
  tests: ['test/sdks/refused-streams.e2e-spec.ts'],
};
