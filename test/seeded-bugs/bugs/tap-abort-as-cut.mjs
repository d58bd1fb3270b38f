export default {
  title: 'an abort counts as a cut',
  file: 'src/llm-telemetry/wire/exchanges/exchange.ts',
  find: "(this.isAborted || this.wasAbortedByCollectedSignal()) ? 'aborted' : ending",
  replace: '(this.isAborted || this.wasAbortedByCollectedSignal()) ? ending : ending',
  tests: ['test/properties/tap-properties.e2e-spec.ts'],
  env: { TAP_SEED: '20261124', TAP_CASES: '6000' },
  output: /the ending is "cut" instead of "aborted"/,
};
