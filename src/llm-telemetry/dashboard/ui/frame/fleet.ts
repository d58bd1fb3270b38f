import type { Status, StoreInstance } from '../../api/index.js';
import { counted } from '../formats/formats.js';

/** An instance with calls that wait for longer is behind. */
const WAITS_TOO_LONG_MS = 10_000;
/** Three signs of life are missing. */
const SILENT_AFTER_MS = 45_000;
/** A silent instance is not part of the fleet any more; one with calls that wait stays for longer. */
const GONE_AFTER_MS = 120_000;
const LOST_AFTER_MS = 600_000;

/** Instance of the fleet. */
export interface FleetMember {
  readonly instance: StoreInstance;
  /** Its last sign of life is too old. */
  readonly silent: boolean;
  /** Its calls wait too long, or it is silent. */
  readonly behind: boolean;
}

/** Returns the instances that share the store: those that are behind first, then the latest start first. */
export function fleetOf({ store, asOf }: Pick<Status, 'store' | 'asOf'>): readonly FleetMember[] {
  return (store?.instances ?? [])
    .filter(({ seenAt, waiting }) => asOf - seenAt < (waiting > 0 ? LOST_AFTER_MS : GONE_AFTER_MS))
    .map((instance): FleetMember => {
      const silent = asOf - instance.seenAt > SILENT_AFTER_MS;
      const { waitingSince } = instance;
      const waits = waitingSince !== null && asOf - waitingSince > WAITS_TOO_LONG_MS;
      return { instance, silent, behind: silent || waits };
    })
    .sort((a, b) => Number(b.behind) - Number(a.behind) || b.instance.startedAt - a.instance.startedAt);
}

/** `3 instances, 1 behind`; `null` for one instance that works. */
export function fleetText(fleet: readonly FleetMember[]): string | null {
  const behind = fleet.filter((member) => member.behind).length;
  if (fleet.length < 2 && behind === 0) return null;
  return counted(fleet.length, 'instance') + (behind > 0 ? `, ${behind} behind` : '');
}
