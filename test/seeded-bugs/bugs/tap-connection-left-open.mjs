export default {
  title: 'a loop that is left by break keeps the connection open',
  file: 'src/llm-telemetry/wire/streams/observed-stream.ts',
  find: 'return inner.return(value);',
  replace: 'return preventCancel ? inner.return(value) : Promise.resolve({ done: true, value });',
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /application sees other .*provider/,
};
