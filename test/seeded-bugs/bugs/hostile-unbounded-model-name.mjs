export default {
  title: 'the length of the model name of a response is not limited',
  file: 'src/llm-telemetry/wire/bound-answer.ts',
  find: 'answer.model = bounded(answer.model);',
  replace: 'void answer.model;',
  tests: ['test/hostile/long-names.e2e-spec.ts'],
};
