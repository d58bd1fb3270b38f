import type { BrowserContext } from 'playwright-core';
import { setTimeout as delay } from 'node:timers/promises';

/** Set by `npm run test:slow-browser`, which finds races between the user, responses and rendering. */
const CPU_RATE = Number(process.env['DASHBOARD_CPU_RATE'] ?? 1);
const SEED = process.env['DASHBOARD_DELAYS'];
const LONGEST_DELAY_MS = 500;

/** Slows down the processor of all pages that a context opens by the factor `DASHBOARD_CPU_RATE`. */
export function slowDownPages(context: BrowserContext): void {
  if (CPU_RATE === 1) return;
  const newPage = context.newPage.bind(context);
  context.newPage = async () => {
    const page = await newPage();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_RATE });
    return page;
  };
}

/** Waits for a random time if `DASHBOARD_DELAYS` is set; the same seed leads to the same sequence of delays. */
export async function randomDelay(): Promise<void> {
  if (SEED !== undefined) await delay(random() ** 3 * LONGEST_DELAY_MS);
}

let state = Number(SEED ?? 0) >>> 0;

/** Mulberry32: 0 to 1. */
function random(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let bits = state;
  bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
}
