export default {
  title: 'LlmTelemetry.run does not validate retry',
  file: 'src/llm-telemetry/nest/llm-call-options.ts',
  find: "checkRetry(retry, 'LlmTelemetry.run'),",
  replace: 'retry as RetryPolicy,',
  tests: ['test/decorator/lazy-retries.e2e-spec.ts'],
};
