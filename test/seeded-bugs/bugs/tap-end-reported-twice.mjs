export default {
  title: 'the end of an exchange is reported twice',
  file: 'src/llm-telemetry/wire/streams/body-reading.ts',
  find: 'exchange.end(ending, error);',
  replace: 'exchange.end(ending, error);\n    exchange.listener.ended(exchange);',
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /the number of ends is 2 instead of 1/,
};
