export default {
  title: 'a run that a budget refuses throws instead of rejecting',
  file: 'src/llm-telemetry/nest/llm-call-options.ts',
  find: "returns: 'promise',",
  replace: 'returns: undefined,',
  tests: ['test/decorator/lazy-results.e2e-spec.ts'],
};
