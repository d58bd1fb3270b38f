export default {
  title: 'a retry policy without maxRetries repeats the method endlessly',
  file: 'src/llm-telemetry/calls/methods/retry.ts',
  find: 'if (!(retryIndex <= policy.maxRetries) ||',
  replace: 'if (retryIndex > policy.maxRetries ||',
  tests: ['src/llm-telemetry/calls/methods/retry.spec.ts'],
};
