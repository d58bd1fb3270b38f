export default {
  title: 'each call that returns the same Observable adds a layer of hooks',
  file: 'src/llm-telemetry/calls/methods/watch.ts',
  find: 'return watches.of(object);',
  replace: 'return watches.of(object) && undefined;',
  tests: ['test/decorator/kinds-of-results.e2e-spec.ts'],
};
