export default {
  title: 'exports and the live feed keep the CORS headers of the application',
  file: 'src/llm-telemetry/dashboard/server/http/send.ts',
  find: `  response.hijack?.();
  blockCrossOriginReads(response);`,
  replace: '  response.hijack?.();',
  tests: ['test/dashboard/dashboard-headers.e2e-spec.ts'],
};
