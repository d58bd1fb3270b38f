export default {
  title: 'an error of the body is swallowed',
  file: 'src/llm-telemetry/wire/streams/observed-stream.ts',
  find: 'this.answered();\n    throw error;',
  replace: 'this.answered();\n    return { done: true, value: undefined };',
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /application sees other .*result/,
};
