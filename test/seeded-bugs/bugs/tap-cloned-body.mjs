export default {
  title: 'the body is cloned and the clone is read',
  file: 'src/llm-telemetry/wire/transports/observed-response.ts',
  find: 'observe(response, new BodyReading(exchange).branch());',
  replace: `response.clone().text().catch(() => {});
      observe(response, new BodyReading(exchange).branch());`,
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /application sees other .*(pulls|provider)/,
};
