export default {
  title: 'a method on an illegal receiver fails in the library',
  file: 'src/llm-telemetry/wire/streams/observed-stream.ts',
  find: 'if (branch && !this.locked) branch.leave();',
  replace: 'if (!this.locked) branch?.leave();',
  tests: ['test/differential/illegal-receivers.e2e-spec.ts'],
};
