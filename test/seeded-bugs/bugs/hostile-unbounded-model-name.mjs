export default {
  title: 'the model name of a response is kept however long it is',
  file: 'src/llm-telemetry/wire/bound-answer.ts',
  find: 'answer.model = bounded(answer.model);',
  replace: 'void answer.model;',
  tests: ['test/hostile/long-names.e2e-spec.ts'],
};
