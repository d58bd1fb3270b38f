export default {
  title: 'an iterator of headers is consumed before fetch reads it',
  file: 'src/llm-telemetry/wire/exchanges/request-headers.ts',
  find: 'return fromPairs(Array.from(Map.prototype.entries.call(headers)));\n  return UNKNOWN;',
  replace:
    'return fromPairs(Array.from(Map.prototype.entries.call(headers)));\n  return fromPairs(Array.from(headers as Iterable<unknown>));',
  tests: ['test/differential/requests.e2e-spec.ts'],
};
