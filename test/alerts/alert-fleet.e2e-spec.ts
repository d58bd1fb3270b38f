import type { Alert } from '../../src/llm-telemetry/alerts/definitions/alert.js';
import type { AlertsOptions } from '../../src/llm-telemetry/alerts/definitions/alerts.options.js';
import { LlmTelemetryAlerts } from '../../src/llm-telemetry/alerts/llm-telemetry-alerts.js';
import { endedCall } from '../support/ended-calls.js';
import { FakeClock } from '../support/fake-clock.js';
import { MemoryFleet } from '../support/memory-fleet.js';
import { RollupStore } from '../support/rollup-store.js';
import { MINUTE, NOW } from '../support/watched-calls.js';

const STEP = 5000;
const LIMITS = { error_ratio: { limit: 0.5, windowMs: MINUTE, forMs: 0, minimum: 1 } } as const;

/** Instances that share a store and evaluate at different times. */
class Fleet {
  readonly clock = new FakeClock(NOW);
  readonly store = new RollupStore();
  readonly shared = new MemoryFleet(this.clock);
  readonly notified: string[] = [];
  private readonly members = new Map<string, LlmTelemetryAlerts>();
  private step = 0;

  constructor(instances: number, options: AlertsOptions = {}) {
    for (let index = 0; index < instances; index++) this.start(`pod-${index}`, options);
  }

  start(name: string, options: AlertsOptions = {}): void {
    const onAlert = ({ name: alert, state }: Alert): number =>
      this.notified.push(`${alert} ${state} by ${name}`);
    this.members.set(
      name,
      new LlmTelemetryAlerts(
        { limits: LIMITS, onAlert, ...options },
        { store: this.store, clock: this.clock, fleet: this.shared.as(name) },
      ),
    );
  }

  /** Ends an instance without any clean-up. */
  kill(name: string): void {
    this.members.delete(name);
  }

  /** Adds calls for `ms`, of which a share fails. Every instance evaluates each 15 seconds, in its own phase. */
  async run(ms: number, failing: boolean): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP) {
      const failure = failing ? { failure: 'rate_limit' as const } : {};
      this.store.record(endedCall({ ...failure, endedAt: this.clock.now() }));
      const due = [...this.members.values()].filter((_, index) => index % 3 === this.step % 3);
      await Promise.all(due.map((alerts) => alerts.evaluate()));
      this.step++;
      this.clock.advance(STEP);
    }
  }

  /** Returns the notifications of an alert, without the names of instances. */
  news(name = 'error_ratio'): string[] {
    return this.notified.filter((line) => line.startsWith(name)).map((line) => line.split(' ')[1]!);
  }
}

describe('alerts of a fleet', () => {
  it('notify each change once, whatever the number of instances', async () => {
    const fleet = new Fleet(20);
    const expected: string[] = [];
    for (let round = 0; round < 10; round++) {
      await fleet.run(2 * MINUTE, true);
      await fleet.run(2 * MINUTE, false);
      expected.push('firing', 'resolved');
      expect(fleet.news()).toEqual(expected);
    }
  });

  it('are notified by another instance if the one that claimed a change ends before it has notified it', async () => {
    const fleet = new Fleet(3);
    await fleet.run(MINUTE, false);
    // As an instance does that is killed right after its claim.
    await fleet.shared.as('killed').claimAlert('error_ratio{feature="support_chat"}', 'firing');
    await fleet.run(MINUTE - STEP, true);
    expect(fleet.news()).toEqual([]);
    await fleet.run(MINUTE / 2, true);
    expect(fleet.news()).toEqual(['firing']);
  });

  it('wait while the database does not respond', async () => {
    const fleet = new Fleet(3);
    await fleet.run(MINUTE, false);
    fleet.shared.responds = false;
    await fleet.run(2 * MINUTE, true);
    expect(fleet.news()).toEqual([]);
    fleet.shared.responds = true;
    await fleet.run(MINUTE / 2, true);
    expect(fleet.news()).toEqual(['firing']);
  });

  it('are not notified again by an instance that starts while they fire, which notifies their end', async () => {
    const fleet = new Fleet(1);
    await fleet.run(2 * MINUTE, true);
    fleet.kill('pod-0');
    fleet.start('pod-1');
    await fleet.run(MINUTE, true);
    expect(fleet.notified).toEqual(['error_ratio firing by pod-0']);
    await fleet.run(2 * MINUTE, false);
    expect(fleet.notified).toEqual(['error_ratio firing by pod-0', 'error_ratio resolved by pod-1']);
  });

  it('call onAlert in every instance if the option says so', async () => {
    const fleet = new Fleet(3, { everyInstance: true });
    await fleet.run(MINUTE, false);
    await fleet.run(2 * MINUTE, true);
    expect(fleet.notified.toSorted()).toEqual(
      ['pod-0', 'pod-1', 'pod-2'].map((name) => `error_ratio firing by ${name}`),
    );
  });
});
