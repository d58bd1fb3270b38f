import { answerToClaim, type NotifiedAlert } from '../../src/llm-telemetry/store/core/alert-claims.js';
import type { AlertClaim, FleetCoordination, NotifiedState } from '../../src/llm-telemetry/store/fleet.js';
import type { FakeClock } from './fake-clock.js';

/** What the instances of a fleet share in a database, in memory. `as` returns the view of one instance. */
export class MemoryFleet {
  private readonly rows = new Map<string, NotifiedAlert>();
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
    const at = this.clock.now();
    const answer = answerToClaim(this.rows.get(key) ?? null, { state, by, at });
    if (answer === 'yours') this.rows.set(key, { state, by, at, isNotified: false });
    return answer;
  }

  private check(): void {
    if (!this.responds) throw new Error('The database does not respond.');
  }
}
