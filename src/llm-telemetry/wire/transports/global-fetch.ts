import { isTap, tapFetch } from './fetch-tap.js';
import { sharedWire } from '../exchanges/shared-wire.js';

/** The `globalThis.fetch` that was checked last: almost every later check is one comparison. */
let lastChecked: unknown;

/**
 * Replaces `globalThis.fetch` with the tap by plain assignment, so that `jest.spyOn`, MSW and nock keep working. SDK
 * clients keep the `fetch` that exists when they are constructed, so this runs at import, again before Nest creates
 * providers, and when an annotated call starts.
 *
 * A `fetch` that was replaced after the import is tapped as well, with two exceptions: mocks, because a test compares
 * `fetch` with its mock, and wrappers that are unwrapped by identity (OpenTelemetry's `_wrap`), because they call the
 * tap that they wrap. Tools that restore `fetch` restore the function or descriptor that they saved, which is the first
 * tap.
 */
export function tapGlobalFetch(): void {
  const { fetch } = globalThis;
  if (fetch === lastChecked || typeof fetch !== 'function') return;
  const isFirst = !sharedWire.tapped;
  sharedWire.tapped = true;
  if (!isTap(fetch) && (isFirst || !(isMock(fetch) || '__original' in fetch))) {
    try {
      globalThis.fetch = tapFetch(fetch);
    } catch {
      // The property is read-only or has no setter.
    }
  }
  lastChecked = globalThis.fetch;
}

/** Returns whether `globalThis.fetch` is a mock that replaced the tap and may respond without calling it. */
export function isFetchMocked(): boolean {
  const { fetch } = globalThis;
  return typeof fetch === 'function' && !isTap(fetch) && isMock(fetch);
}

/** jest, vitest and `node:test` give mock functions a `mock` property; sinon marks its stubs and spies. */
function isMock(fetch: typeof globalThis.fetch): boolean {
  const { mock, isSinonProxy } = fetch as { mock?: unknown; isSinonProxy?: unknown };
  return mock !== undefined || isSinonProxy === true;
}
