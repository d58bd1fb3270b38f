export default {
  title: 'the length of the model name of a response is not limited',
  file: 'src/llm-telemetry/wire/bound-response.ts',
  find: 'response.model = bounded(response.model);',
  replace: 'void response.model;',
  tests: ['test/hostile/long-names.e2e-spec.ts'],
};
