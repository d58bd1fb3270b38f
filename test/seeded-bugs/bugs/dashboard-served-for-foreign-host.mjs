export default {
  title: 'the unprotected dashboard trusts X-Forwarded-Host, which allows DNS rebinding',
  file: 'src/llm-telemetry/dashboard/server/http/platform.ts',
  find: "return headerOf(request, 'host') ?? headerOf(request, ':authority');",
  replace:
    "return headerOf(request, 'x_forwarded_host') ?? headerOf(request, 'x-forwarded-host') ?? headerOf(request, 'host');",
  tests: ['test/dashboard/dashboard-local.e2e-spec.ts'],
};
