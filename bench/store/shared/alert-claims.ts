import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetCoordination } from 'nestjs-llm-telemetry/store';

/** Changes that an instance claims at once. */
const AT_ONCE = 4;
const ASK_AGAIN_MS = 500;
const ATTEMPTS = 5;

/** Claims the changes of alerts as the alerts of an instance do. Returns how many it notifies. */
export async function claimAll(fleet: FleetCoordination, keys: readonly string[]): Promise<number> {
  const waiting = [...keys];
  let notified = 0;
  const claimNext = async (): Promise<void> => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift())
      if (await notifies(fleet, key)) notified++;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, claimNext));
  return notified;
}

async function notifies(fleet: FleetCoordination, key: string): Promise<boolean> {
  for (;;) {
    const claim = await untilItResponds(() => fleet.claimAlert(key, 'firing'));
    if (claim === 'notified') return false;
    if (claim === 'yours') {
      await untilItResponds(() => fleet.alertNotified(key, 'firing'));
      return true;
    }
    await sleep(ASK_AGAIN_MS);
  }
}

async function untilItResponds<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await sleep(ASK_AGAIN_MS);
    }
  }
}
