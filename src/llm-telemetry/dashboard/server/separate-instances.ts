import { Inject, Injectable, Logger } from '@nestjs/common';
import { DASHBOARD_CLOCK, type Clock } from '../../runtime/clock.js';
import type { StoreStatus } from '../../store/call-store.js';
import { boundedName } from '../../text/bounded-name.js';
import { MINUTE } from '../../units/time.js';

/** Response header with the name of the process. Percent-encoded. */
export const INSTANCE_HEADER = 'llm-telemetry-instance';
/** Request header with the names of all processes that respond to the page in turn, separated by commas. */
export const INSTANCES_HEADER = 'llm-telemetry-instances';

const MAX_HEADER_LENGTH = 4000;
const MAX_INSTANCES = 20;
/** Longer than a deployment during which the old and the new process respond in turn. */
const SETTLED_AFTER_MS = 90_000;
const FORGOTTEN_AFTER_MS = 10 * MINUTE;

/** An instance that the page has reported, in milliseconds of `Clock.elapsed`. */
interface Report {
  readonly since: number;
  at: number;
}

/**
 * Detects instances behind the same address that store their calls separately, so that each response covers the calls of one
 * instance only. The page reports which processes respond to it, and the store knows which ones share its calls. Without the
 * page, a store can tell of some (`StoreStatus.separateInstances`).
 */
@Injectable()
export class SeparateInstances {
  private readonly logger = new Logger('LlmDashboard');
  private readonly reports = new Map<string, Report>();
  private hasLogged = false;

  constructor(@Inject(DASHBOARD_CLOCK) private readonly clock: Clock) {}

  /**
   * Returns the names of instances with a separate store.
   *
   * @param own Name of this process.
   * @param header Value of the header `llm-telemetry-instances` of a request.
   */
  check(own: string, header: string | null, store: StoreStatus | null): readonly string[] {
    const now = this.clock.elapsed();
    for (const name of namesIn(header)) {
      const report = this.reports.get(name);
      if (report) report.at = now;
      else if (this.reports.size < MAX_INSTANCES) this.reports.set(name, { since: now, at: now });
    }
    const sharing = new Set([own, ...(store?.instances ?? []).map(({ instance }) => instance)].map(bounded));
    for (const [name, { at }] of this.reports)
      if (sharing.has(name) || now - at > FORGOTTEN_AFTER_MS) this.reports.delete(name);
    // A store with a problem lists only this process, if any.
    if (!store?.instances || store.trouble !== null) return [];
    const separate = [...this.reports]
      .filter(([, { since }]) => now - since >= SETTLED_AFTER_MS)
      .map(([name]) => name);
    if (separate.length > 0 && !this.hasLogged) this.log(own, separate);
    // The store logs those that it has noticed.
    return [...new Set([...separate, ...(store.separateInstances ?? []).map(bounded)])];
  }

  private log(own: string, separate: readonly string[]): void {
    this.hasLogged = true;
    this.logger.warn(
      `Dashboard: ${[own, ...separate].map((name) => JSON.stringify(name)).join(', ')} respond at the same address, but ` +
        'store their calls separately: the dashboard, alerts and budgets of each cover its own calls only. Let all ' +
        'instances use one store (docs/store.md).',
    );
  }
}

function namesIn(header: string | null): readonly string[] {
  if (header === null || header.length > MAX_HEADER_LENGTH) return [];
  return header.split(',').slice(0, MAX_INSTANCES).map(decoded).filter(Boolean).map(boundedName);
}

function bounded(name: string | null): string {
  return boundedName(name ?? '');
}

/** Returns an empty name for invalid encodings. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return '';
  }
}
