export default {
  title: 'the usage filter treats a stream of text as bytes',
  file: 'src/llm-telemetry/wire/streams/usage/chunk-filter.ts',
  find: 'this.text = true;',
  replace: 'this.text = false;',
  tests: [
    'src/llm-telemetry/wire/streams/usage/usage-filter.spec.ts',
    'test/differential/wrapped-fetch.e2e-spec.ts',
  ],
};
