export default {
  title: 'chunks are kept without being copied',
  file: 'src/llm-telemetry/wire/streams/growing-buffer.ts',
  find: 'this.bytes.set(chunk, from);',
  replace: `if (from > 0) this.bytes.set(chunk, from);
    else this.bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);`,
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /has thrown: .* detached|is null instead of/,
};
