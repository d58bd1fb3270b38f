export default {
  title: 'the CR of a CRLF split between chunks ends a line',
  file: 'src/llm-telemetry/wire/streams/sse.ts',
  find: 'window.lastIndexOf(CR, window[last] === CR ? last - 1 : last)',
  replace: 'window.lastIndexOf(CR, last)',
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /the number of pieces|the bytes of text|(finish reason|the id|the model|complete) is .* instead of/,
};
