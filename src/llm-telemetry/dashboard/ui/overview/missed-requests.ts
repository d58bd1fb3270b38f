import { MISSED_TRANSPORTS } from '../../../wire/transports/missed-transports.js';
import type { Status } from '../../api/index.js';
import { wholeCount } from '../formats/formats.js';

export type Capture = Pick<Status['capture'], 'missedRequests' | 'missedByHost' | 'missedByTransport'>;

/** Number of hosts that are named in a sentence. */
const NAMED = 3;

type Counts = ReadonlyArray<readonly [host: string, count: number]>;

/** Returns the hosts of missed requests, most requests first, then by name. */
export function missedHosts(counts: Status['capture']['missedByHost']): Counts {
  return Object.entries(counts).sort(
    ([host, count], [other, otherCount]) => otherCount - count || (host < other ? -1 : 1),
  );
}

/** Missed requests that have the same remedy. */
export interface MissedGroup {
  readonly label: string;
  readonly hosts: Counts;
  /** Text with code in backticks. */
  readonly remedy: string;
}

/** Returns the missed requests by transport, as each transport has its remedy. */
export function missedGroups({ missedByTransport }: Capture): readonly MissedGroup[] {
  return Object.entries(MISSED_TRANSPORTS).flatMap(([transport, { label, remedy }]) => {
    const hosts = missedHosts(missedByTransport[transport as keyof typeof MISSED_TRANSPORTS] ?? {});
    return hosts.length > 0 ? [{ label, hosts, remedy }] : [];
  });
}

/** Returns the number of missed requests to hosts that the service does not list, because they are too many. */
export function missedElsewhere({ missedRequests, missedByHost }: Capture): number {
  return missedRequests - Object.values(missedByHost).reduce((sum, count) => sum + count, 0);
}

/** `3 requests to api.openai.com, api.mistral.ai and api.x.ai were not captured`, `… api.x.ai and 2 more hosts …`. */
export function missedText(capture: Capture): string {
  const { missedRequests } = capture;
  const hosts = missedHosts(capture.missedByHost).map(([host]) => host);
  const hidden = hosts.length - NAMED;
  const named =
    hidden > 0 ? [...hosts.slice(0, NAMED), `${hidden} more ${hidden === 1 ? 'host' : 'hosts'}`] : hosts;
  const list = [named.slice(0, -1).join(', '), named.at(-1)].filter(Boolean).join(' and ');
  const requests = missedRequests === 1 ? '1 request' : `${wholeCount(missedRequests)} requests`;
  return `${requests} to ${list} ${missedRequests === 1 ? 'was' : 'were'} not captured`;
}
