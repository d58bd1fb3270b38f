export default {
  title: 'the library reads a getter of the fetch init',
  file: 'src/llm-telemetry/wire/readable.ts',
  find: 'isPrototypeOfRequests(holder) ? tryCall(descriptor.get, object) : UNREADABLE;',
  replace: 'tryCall(descriptor.get, object);',
  tests: ['test/differential/requests.e2e-spec.ts'],
};
