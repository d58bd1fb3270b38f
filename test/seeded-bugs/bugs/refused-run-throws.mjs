export default {
  title: 'a run that a budget refuses throws instead of rejecting',
  file: 'src/llm-telemetry/nest/llm-call-options.ts',
  find: "returns: 'promise',",
  replace: 'returns: undefined,',
  tests: ['test/decorator/lazy-retries.e2e-spec.ts'],
};
