import type { AlertsResponse, AlertState } from '../../api/index.js';
import { counted } from '../formats/formats.js';

/** Presentation of an alert state. */
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

/** Counts the instances of all alerts that are in a state. */
export function countInstances({ alerts }: AlertsResponse, state: AlertState): number {
  return alerts.flatMap(({ instances }) => instances).filter((instance) => instance.state === state).length;
}

/** Returns the heading of the page: how many alerts are firing or pending. */
export function finding(response: AlertsResponse): string {
  const firing = countInstances(response, 'firing');
  const pending = countInstances(response, 'pending');
  if (firing > 0) return `${counted(firing, 'alert')} ${firing === 1 ? 'is' : 'are'} firing`;
  if (pending > 0) return `No alert is firing, ${pending} pending`;
  return calmState(response).text;
}

/** Returns the state to show if no alert is firing or pending. “All OK” only if every enabled alert was evaluated. */
export function calmState(response: AlertsResponse): StateView {
  const watched = response.alerts.filter(({ state }) => state !== 'disabled');
  if (watched.length === 0) return { tone: 'quiet', icon: 'dot', text: 'No alerts enabled' };
  if (response.evaluatedAt === null) return { tone: 'quiet', icon: 'dot', text: 'Not checked yet' };
  if (watched.every(({ state }) => state === 'insufficient_data')) return STATES.insufficient_data;
  return countInstances(response, 'insufficient_data') > 0
    ? { tone: 'ok', icon: 'check', text: 'None firing' }
    : { tone: 'ok', icon: 'check', text: 'All OK' };
}
