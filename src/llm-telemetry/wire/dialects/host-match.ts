import { HOSTS, type HostRow } from './hosts.js';

/** What the host and the path of a URL tell about a provider. */
export interface KnownHost {
  readonly provider: string;
  /** Region, data zone or other place of the endpoint; `null` if it names none. */
  readonly place: string | null;
}

/** Finds a host in the table of hosts; `null` if it is unknown. `host` must be in lower case, as in `URL.hostname`. */
export function knownHost(host: string, path: string): KnownHost | null {
  for (const { row, ending, pattern } of MATCHERS) {
    if (!host.endsWith(ending) || (row.path !== undefined && !path.includes(row.path))) continue;
    const match = pattern.exec(host);
    if (match === null) continue;
    return { provider: row.provider, place: placeIn(path, row) ?? match[1] ?? row.place ?? null };
  }
  return null;
}

interface Matcher {
  readonly row: HostRow;
  /** Text after the last placeholder: a comparison that rules out most rows. */
  readonly ending: string;
  readonly pattern: RegExp;
}

const PLACE = '{place}';
/** One label or a part of it. */
const LABEL = '([a-z0-9-]{1,40})';

const MATCHERS: readonly Matcher[] = HOSTS.map((row) => ({
  row,
  ending: row.host.split(PLACE).at(-1)!,
  pattern: new RegExp(`(?:^|\\.)${row.host.split(PLACE).map(escaped).join(LABEL)}$`),
}));

function escaped(text: string): string {
  return text.replaceAll('.', '\\.');
}

/** Returns the place in a path such as `/v1/projects/p/locations/us-east5/publishers/…`. */
function placeIn(path: string, { placeInPath }: HostRow): string | null {
  if (placeInPath === undefined) return null;
  const [before, after] = placeInPath;
  const start = path.indexOf(before);
  if (start < 0) return null;
  const end = path.indexOf(after, start + before.length);
  const place = end < 0 ? '' : path.slice(start + before.length, end).toLowerCase();
  return /^[a-z0-9-]{1,40}$/.test(place) ? place : null;
}
