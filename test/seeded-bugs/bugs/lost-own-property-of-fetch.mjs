export default {
  title: 'wrapFetch loses the own properties of a function',
  file: 'src/llm-telemetry/wire/transports/wrap-function.ts',
  find: 'return isOrdinary ? descriptors : null;',
  replace:
    'const { name, length, prototype } = descriptors;\n  return isOrdinary ? descriptors : ({ name, length, ...(prototype && { prototype }) } as typeof descriptors);',
  tests: ['test/differential/wrapped-fetch.e2e-spec.ts'],
};
