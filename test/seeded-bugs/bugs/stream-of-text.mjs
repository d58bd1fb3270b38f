export default {
  title: 'usage is hidden from a stream of text as if it were bytes',
  file: 'src/llm-telemetry/wire/streams/usage/chunk-filter.ts',
  find: 'this.text = true;',
  replace: 'this.text = false;',
  tests: [
    'src/llm-telemetry/wire/streams/usage/usage-filter.spec.ts',
    'test/differential/wrapped-fetch.e2e-spec.ts',
  ],
};
