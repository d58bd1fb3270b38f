import type { FleetCoordination } from '../../store/fleet.js';
import { reportFault } from '../../wire/guard.js';
import type { Alert } from '../definitions/alert.js';
import type { NotifiedAlerts } from './notified-alerts.js';

/**
 * Notifies each change of an alert once in a fleet: all instances see it, one of them notifies it. If that one ends before
 * it has, another does. While the store does not respond, changes wait.
 */
export class FleetNotifications implements NotifiedAlerts {
  /** Changes that no instance is known to have notified, the latest of each alert. */
  private readonly pending = new Map<string, Alert>();

  constructor(
    private readonly fleet: FleetCoordination,
    /** Resolves once the alert is delivered, or cannot be. Never rejects. */
    private readonly notify: (alert: Alert) => Promise<void>,
  ) {}

  async read(): Promise<ReadonlySet<string> | null> {
    return this.fleet.firingAlerts().then(
      (keys) => new Set(keys),
      () => null,
    );
  }

  /** The store knows them. */
  async write(): Promise<void> {}

  add(alert: Alert): void {
    this.pending.set(alert.key, alert);
  }

  /** Claims the changes that wait and starts to notify those of this instance. Never rejects. */
  async announce(): Promise<void> {
    // Together, because a database may take a second for each answer.
    await Promise.all([...this.pending.values()].map((alert) => this.claim(alert)));
  }

  private async claim(alert: Alert): Promise<void> {
    try {
      const claim = await this.fleet.claimAlert(alert.key, alert.state);
      if (claim === 'later') return;
      if (this.pending.get(alert.key) === alert) this.pending.delete(alert.key);
      if (claim === 'yours') void this.deliver(alert);
    } catch {
      // The next evaluation asks again.
    }
  }

  private async deliver(alert: Alert): Promise<void> {
    await this.notify(alert);
    await this.fleet.alertNotified(alert.key, alert.state).catch((error: unknown) => {
      reportFault('marking an alert as notified', error);
    });
  }
}
