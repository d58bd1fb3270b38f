import type { Status } from '../../api/index.js';
import { wholeCount } from '../formats/formats.js';

type Capture = Pick<Status['capture'], 'missedRequests' | 'missedByHost'>;

/** Number of hosts that are named in a sentence. */
const NAMED = 3;

/** Returns the hosts of missed requests, most requests first, then by name. */
export function missedHosts({
  missedByHost,
}: Capture): ReadonlyArray<readonly [host: string, count: number]> {
  return Object.entries(missedByHost).sort(
    ([host, count], [other, otherCount]) => otherCount - count || (host < other ? -1 : 1),
  );
}

/** Returns the number of missed requests to hosts that the service does not list, because they are too many. */
export function missedElsewhere({ missedRequests, missedByHost }: Capture): number {
  return missedRequests - Object.values(missedByHost).reduce((sum, count) => sum + count, 0);
}

/** `3 requests to api.openai.com, api.mistral.ai and api.x.ai were not captured`, `… api.x.ai and 2 more hosts …`. */
export function missedText(capture: Capture): string {
  const { missedRequests } = capture;
  const hosts = missedHosts(capture).map(([host]) => host);
  const hidden = hosts.length - NAMED;
  const named =
    hidden > 0 ? [...hosts.slice(0, NAMED), `${hidden} more ${hidden === 1 ? 'host' : 'hosts'}`] : hosts;
  const list = [named.slice(0, -1).join(', '), named.at(-1)].filter(Boolean).join(' and ');
  const requests = missedRequests === 1 ? '1 request' : `${wholeCount(missedRequests)} requests`;
  return `${requests} to ${list} ${missedRequests === 1 ? 'was' : 'were'} not captured`;
}
