export default {
  title: 'an exchange holds the signal of its request',
  file: 'src/llm-telemetry/wire/exchanges/fetch-arguments.ts',
  find: 'new WeakRef(signal as AbortSignal)',
  replace: '({ deref: () => signal } as unknown as WeakRef<AbortSignal>)',
  tests: ['test/capture/body-reading-release.e2e-spec.ts'],
};
