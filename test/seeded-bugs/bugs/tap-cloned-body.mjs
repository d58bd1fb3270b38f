export default {
  title: 'the body is cloned and the clone is read',
  file: 'src/llm-telemetry/wire/transports/observed-response.ts',
  find: 'if (!isNodeReadable(body)) observe(response, branch);',
  replace: `response.clone().text().catch(() => {});
      if (!isNodeReadable(body)) observe(response, branch);`,
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /application sees other .*(pulls|provider)/,
};
