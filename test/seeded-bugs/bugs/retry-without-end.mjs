export default {
  title: 'a retry policy without maxRetries repeats the method without end',
  file: 'src/llm-telemetry/calls/methods/retry.ts',
  find: 'if (!(run <= policy.maxRetries) ||',
  replace: 'if (run > policy.maxRetries ||',
  tests: ['src/llm-telemetry/calls/methods/retry.spec.ts'],
};
