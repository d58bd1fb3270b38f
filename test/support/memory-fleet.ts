import {
  SETTLED_AFTER_MS,
  TAKE_OVER_AFTER_MS,
  type AlertClaim,
  type FleetCoordination,
  type NotifiedState,
} from '../../src/llm-telemetry/store/fleet.js';
import type { FakeClock } from './fake-clock.js';

interface Row {
  readonly state: NotifiedState;
  readonly by: string;
  readonly at: number;
  readonly isNotified: boolean;
}

/** What the instances of a fleet share in a database, in memory. `as` returns the view of one instance. */
export class MemoryFleet {
  private readonly rows = new Map<string, Row>();
  responds = true;

  constructor(private readonly clock: FakeClock) {}

  as(instance: string): FleetCoordination {
    return {
      firingAlerts: async () => {
        this.check();
        return [...this.rows].flatMap(([key, { state }]) => (state === 'firing' ? key : []));
      },
      claimAlert: async (key, state) => {
        this.check();
        return this.claim(key, state, instance);
      },
      alertNotified: async (key, state) => {
        this.check();
        const row = this.rows.get(key);
        if (row?.state === state && row.by === instance) this.rows.set(key, { ...row, isNotified: true });
      },
    };
  }

  private claim(key: string, state: NotifiedState, by: string): AlertClaim {
    const row = this.rows.get(key);
    const at = this.clock.now();
    if (!row && state === 'resolved') return 'notified';
    if (row) {
      if (row.state === state && row.isNotified) return 'notified';
      if (row.state === state && at - row.at < TAKE_OVER_AFTER_MS) return 'later';
      if (row.state !== state && row.by !== by && at - row.at < SETTLED_AFTER_MS) return 'later';
    }
    this.rows.set(key, { state, by, at, isNotified: false });
    return 'yours';
  }

  private check(): void {
    if (!this.responds) throw new Error('The database does not respond.');
  }
}
