export default {
  title: 'LlmTelemetry.run throws instead of rejecting if a budget refuses the call',
  file: 'src/llm-telemetry/nest/llm-call-options.ts',
  find: "returns: 'promise',",
  replace: 'returns: undefined,',
  tests: ['test/decorator/lazy-retries.e2e-spec.ts'],
};
