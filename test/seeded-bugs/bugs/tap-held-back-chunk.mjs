export default {
  title: 'a chunk is held back until the next one has arrived',
  file: 'src/llm-telemetry/wire/streams/observed-stream.ts',
  find: 'const result = base.read.apply(this, args);',
  replace: `const held = this.held ?? base.read.apply(this, args);
      this.held = base.read.apply(this, args);
      const result = this.held.then(() => held, () => held);`,
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /application sees other .*(pulls|chunks)/,
};
