import { setImmediate } from 'node:timers/promises';
import type { ProviderEmulator } from 'nestjs-llm-telemetry/testing';

/** Resolves when the emulator has received its first request since it was started or reset. */
export async function firstRequest({ requests }: ProviderEmulator): Promise<void> {
  while (requests.length === 0) await setImmediate();
}
