import type { AsyncLocalStorage } from 'node:async_hooks';

/** State that all copies of the library share. Source: `wire/exchanges/shared-wire.ts`. */
interface SharedWire {
  readonly contexts: AsyncLocalStorage<object>;
}

/** Runs work whose requests are not captured, as if the library sent them itself. */
export function uncaptured<Result>(work: () => Result): Result {
  const { contexts } = (globalThis as unknown as Record<symbol, SharedWire>)[
    Symbol.for('nestjs-llm-telemetry.wire.v1')
  ]!;
  return contexts.run({ sending: true }, work);
}
