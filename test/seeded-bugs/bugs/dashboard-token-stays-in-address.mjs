export default {
  title: 'a token stays in the URL if the browser has a session',
  file: 'src/llm-telemetry/dashboard/server/endpoints/dashboard.controller.ts',
  find: 'if (this.sessions.required && tokenInAddress(request) !== null)',
  replace:
    "if (this.sessions.required && tokenInAddress(request) !== null && request.headers['cookie'] === undefined)",
  tests: ['test/dashboard/dashboard-token-address.e2e-spec.ts'],
};
