import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { answerToClaim, type NotifiedAlert } from '../core/alert-claims.js';
import type { AlertClaim, FleetCoordination, NotifiedState } from '../fleet.js';
import type { Tables } from './tables.js';

/** Events of one alert that are read. */
const MAX_EVENTS = 1000;

type EventRow = readonly [
  key: string,
  event: 'claim' | 'notified',
  state: NotifiedState,
  by: string,
  claim: string,
  at: string,
];

/** An alert with the claim that its instance won. */
type ClaimedAlert = NotifiedAlert & { readonly claim: string };

/**
 * Coordinates instances in a database without rows that can be locked: claims are inserted, and read back after a while. All
 * instances decide about them in the order of the server's clock, so they agree. Two instances notify the same change only
 * if both claim it within the while and one of the inserts takes longer than it.
 */
export class ClickHouseFleet implements FleetCoordination {
  constructor(
    private readonly tables: Tables,
    /** UUID of this process. */
    private readonly instance: string,
    /** Milliseconds between a claim and its answer. */
    private readonly settleMs = 1000,
  ) {}

  async firingAlerts(): Promise<readonly string[]> {
    const byKey = new Map<string, EventRow[]>();
    for (const row of await this.events('TRUE', {})) {
      const events = byKey.get(row[0]);
      if (events) events.push(row);
      else byKey.set(row[0], [row]);
    }
    return [...byKey].flatMap(([key, events]) => (stateOf(events)?.state === 'firing' ? key : []));
  }

  async claimAlert(key: string, state: NotifiedState): Promise<AlertClaim> {
    const now = await this.serverTime();
    const before = await this.read(key);
    const expected = answerToClaim(before, { state, by: this.instance, at: now });
    if (expected !== 'yours') return expected;
    const claim = randomUUID();
    await this.add(key, 'claim', state, claim);
    await wait(this.settleMs);
    const after = await this.read(key);
    if (after?.claim === claim) return 'yours';
    return after?.state === state && after.isNotified ? 'notified' : 'later';
  }

  async alertNotified(key: string, state: NotifiedState): Promise<void> {
    await this.add(key, 'notified', state, randomUUID());
  }

  private async read(key: string): Promise<ClaimedAlert | null> {
    return stateOf(await this.events('key = {key:String}', { key }));
  }

  /** Returns the latest events of each alert, oldest first. */
  private events(condition: string, parameters: Readonly<Record<string, string>>): Promise<EventRow[]> {
    const { connection, layout } = this.tables;
    return connection
      .rows<EventRow>(
        `SELECT key, event, state, by, claim, toString(toUnixTimestamp64Milli(at)) FROM ${layout.table('alert')}
       WHERE ${condition} ORDER BY key, at DESC, claim DESC LIMIT ${MAX_EVENTS} BY key`,
        parameters,
      )
      .then((rows) => rows.toReversed());
  }

  private async add(
    key: string,
    event: 'claim' | 'notified',
    state: NotifiedState,
    claim: string,
  ): Promise<void> {
    const { connection, layout } = this.tables;
    await connection.insert(
      layout.table('alert'),
      ['key', 'event', 'state', 'by', 'claim'],
      [[key, event, state, this.instance, claim]],
      {},
    );
  }

  private async serverTime(): Promise<number> {
    const [[now] = ['0']] = await this.tables.connection.rows<[string]>(
      'SELECT toString(toUnixTimestamp64Milli(now64(3)))',
    );
    return Number(now);
  }
}

/** Returns who notifies the last change of an alert, by its events in order. */
function stateOf(events: readonly EventRow[]): ClaimedAlert | null {
  let alert = null as ClaimedAlert | null;
  for (const [, event, state, by, claim, time] of events) {
    const at = Number(time);
    if (event === 'claim') {
      if (answerToClaim(alert, { state, by, at }) === 'yours')
        alert = { state, by, at, claim, isNotified: false };
    } else if (alert?.state === state && alert.by === by) alert = { ...alert, isNotified: true };
  }
  return alert;
}
