import { setTimeout as delay } from 'node:timers/promises';

/**
 * Repeats `attempt` until it resolves with a value other than `undefined`. For states that no event announces.
 *
 * @throws Error with `describe()` after `timeoutMs`
 */
export async function poll<T>(
  attempt: () => Promise<T | undefined>,
  describe: () => string,
  { everyMs = 20, timeoutMs = 25_000 } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (performance.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${describe()}`);
    await delay(everyMs);
  }
}
