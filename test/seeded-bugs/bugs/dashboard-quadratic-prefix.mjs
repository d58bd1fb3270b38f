export default {
  title: 'slashes at the end of X-Forwarded-Prefix are removed by a pattern that backtracks',
  file: 'src/llm-telemetry/dashboard/server/access/sessions.ts',
  find: "withoutTrailingSlashes(headerOf(request, 'x-forwarded-prefix') ?? '')",
  replace: "(headerOf(request, 'x-forwarded-prefix')?.replace(/\\/+$/, '') ?? '')",
  tests: ['test/dashboard/dashboard-methods.e2e-spec.ts'],
};
