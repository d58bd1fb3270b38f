export default {
  title: 'an empty response counts as a success',
  file: 'src/llm-telemetry/calls/failure-of-exchange.ts',
  find: "return exchange.isEmpty ? failure('empty_response') : null;",
  replace: 'return null;',
  tests: ['test/hostile/empty-response.e2e-spec.ts'],
};
