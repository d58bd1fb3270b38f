import type { AlertsAnswer, AlertState } from '../../api/index.js';

/** How a state is shown. */
export interface StateView {
  readonly tone: 'bad' | 'warn' | 'ok' | 'quiet';
  readonly icon: 'triangle' | 'clock' | 'check' | 'dot';
  readonly text: string;
}

export const STATES: Readonly<Record<AlertState, StateView>> = {
  firing: { tone: 'bad', icon: 'triangle', text: 'Firing' },
  pending: { tone: 'warn', icon: 'clock', text: 'Pending' },
  resolved: { tone: 'ok', icon: 'check', text: 'Resolved' },
  ok: { tone: 'ok', icon: 'check', text: 'OK' },
  insufficient_data: { tone: 'quiet', icon: 'dot', text: 'Too little data' },
  disabled: { tone: 'quiet', icon: 'dot', text: 'Off' },
};

/** The finding of the page: what fires, or that nothing does. */
export function finding({ alerts }: AlertsAnswer): string {
  const instances = alerts.flatMap(({ instances }) => instances);
  const count = (state: AlertState): number =>
    instances.filter((instance) => instance.state === state).length;
  const firing = count('firing');
  const pending = count('pending');
  if (firing > 0) return `${firing} ${firing === 1 ? 'alert is' : 'alerts are'} firing`;
  if (pending > 0) return `Nothing is firing, ${pending} ${pending === 1 ? 'is' : 'are'} about to`;
  return alerts.some(({ state }) => state === 'ok' || state === 'resolved')
    ? 'All OK'
    : 'Nothing to tell yet';
}

/** A length of time that was chosen: `5 min`, `1 h`, `7 d`. */
export function lengthOf(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return `${ms / 1000} s`;
  if (minutes < 60 || minutes % 60 !== 0) return `${minutes} min`;
  return minutes < 2880 || minutes % 1440 !== 0 ? `${minutes / 60} h` : `${minutes / 1440} d`;
}
