export default {
  title: 'any chunk counts as the first token',
  file: 'src/llm-telemetry/wire/streams/body-reading.ts',
  find: 'exchange.firstChunkAt ??= exchange.lastActivityAt;',
  replace: `exchange.firstChunkAt ??= exchange.lastActivityAt;
    exchange.firstTokenAt ??= exchange.lastActivityAt;`,
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /first token/,
};
