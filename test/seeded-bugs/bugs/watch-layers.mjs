export default {
  title: 'one more layer of hooks for each run that returns the same Observable',
  file: 'src/llm-telemetry/calls/methods/watch.ts',
  find: 'return watches.of(object);',
  replace: 'return watches.of(object) && undefined;',
  tests: ['test/decorator/kinds-of-results.e2e-spec.ts'],
};
