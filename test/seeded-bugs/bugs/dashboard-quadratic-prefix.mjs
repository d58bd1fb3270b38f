export default {
  title: 'trailing slashes of X-Forwarded-Prefix are removed with a backtracking pattern',
  file: 'src/llm-telemetry/dashboard/server/access/sessions.ts',
  find: "withoutTrailingSlashes(headerOf(request, 'x-forwarded-prefix') ?? '')",
  replace: "(headerOf(request, 'x-forwarded-prefix')?.replace(/\\/+$/, '') ?? '')",
  tests: ['test/dashboard/dashboard-methods.e2e-spec.ts'],
};
