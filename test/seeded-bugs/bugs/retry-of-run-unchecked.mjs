export default {
  title: 'LlmTelemetry.run takes retry as it is',
  file: 'src/llm-telemetry/nest/llm-call-options.ts',
  find: "checkRetry(retry, 'LlmTelemetry.run'),",
  replace: 'retry as RetryPolicy,',
  tests: ['test/decorator/lazy-results.e2e-spec.ts'],
};
