export default {
  title: 'a negative cost of a provider is accepted',
  file: 'src/llm-telemetry/wire/json/json-value.ts',
  find: 'usd !== null && usd >= 0 && usd <= MAX_USD',
  replace: 'usd !== null && usd <= MAX_USD',
  tests: ['test/hostile/values.e2e-spec.ts'],
};
