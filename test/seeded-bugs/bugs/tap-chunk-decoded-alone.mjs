export default {
  title: 'each chunk is decoded on its own, so characters are split',
  file: 'src/llm-telemetry/wire/streams/event-reading.ts',
  find: 'reader.push(chunk);',
  replace: "reader.push(Buffer.from(Buffer.from(chunk).toString('utf8')));",
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /the bytes of text/,
};
