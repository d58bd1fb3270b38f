import { HOSTS, type HostRow } from './hosts.js';

/** What the host and the path of a URL tell about a provider. */
export interface KnownHost {
  readonly provider: string;
  /** Region, data zone or other place of the endpoint; `null` if it names none. */
  readonly place: string | null;
}

/** Finds a host in the table of hosts; `null` if it is unknown. `host` must be in lower case, as in `URL.hostname`. */
export function knownHost(host: string, path: string): KnownHost | null {
  const found = matchOf(host, path);
  if (found === null) return null;
  const { row, match } = found;
  return { provider: row.provider, place: placeIn(path, row) ?? match[1] ?? row.place ?? null };
}

/** Returns whether all requests with this path at a host belong to a provider of models. `host` as in `knownHost`. */
export function isModelHost(host: string, path: string): boolean {
  const row = matchOf(host, path)?.row;
  return row !== undefined && (row.modelPath === undefined || path.includes(row.modelPath));
}

function matchOf(
  host: string,
  path: string,
): { readonly row: HostRow; readonly match: RegExpExecArray } | null {
  const matchers = BY_DOMAIN.get(domainOf(host));
  if (matchers === undefined) return null;
  for (const { row, ending, pattern } of matchers) {
    if (!host.endsWith(ending) || (row.path !== undefined && !path.includes(row.path))) continue;
    const match = pattern.exec(host);
    if (match !== null) return { row, match };
  }
  return null;
}

/** Returns the last two labels of a host, which no row has a placeholder in. */
function domainOf(host: string): string {
  const last = host.lastIndexOf('.');
  return last < 0 ? host : host.slice(host.lastIndexOf('.', last - 1) + 1);
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

/** Matchers by the domain of their host. Rules out nearly all other hosts with one lookup. */
const BY_DOMAIN = new Map<string, Matcher[]>();
for (const matcher of MATCHERS) {
  const domain = domainOf(matcher.row.host);
  const matchers = BY_DOMAIN.get(domain);
  if (matchers) matchers.push(matcher);
  else BY_DOMAIN.set(domain, [matcher]);
}

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
