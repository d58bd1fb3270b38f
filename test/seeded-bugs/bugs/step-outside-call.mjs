export default {
  title: 'a step of a lazy result runs outside the context of its call',
  file: 'src/llm-telemetry/calls/methods/watch.ts',
  find: 'return call.run(work);',
  replace: 'return work();',
  tests: ['test/decorator/lazy-results.e2e-spec.ts'],
};
