export default {
  title: 'a getter of the init of fetch is read by the library too',
  file: 'src/llm-telemetry/wire/readable.ts',
  find: 'isPrototypeOfRequests(holder) ? tryCall(descriptor.get, object) : UNREADABLE;',
  replace: 'tryCall(descriptor.get, object);',
  tests: ['test/differential/requests.e2e-spec.ts'],
};
