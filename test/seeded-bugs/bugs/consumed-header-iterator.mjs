export default {
  title: 'an iterator of headers is consumed before fetch reads it',
  file: 'src/llm-telemetry/wire/exchanges/request-headers.ts',
  find: 'return ofPairs(Array.from(Map.prototype.entries.call(headers)));\n  return UNKNOWN;',
  replace:
    'return ofPairs(Array.from(Map.prototype.entries.call(headers)));\n  return ofPairs(Array.from(headers as Iterable<unknown>));',
  tests: ['test/differential/requests.e2e-spec.ts'],
};
