import type { Timeline, TimelineGroup } from '../../api/index.js';
import { moment } from '../formats/formats.js';

/** A version of a service that replaces another one. */
export interface Release {
  /** Start of the bucket of its first calls, Unix milliseconds. */
  readonly at: number;
  readonly version: string;
  /** The version before. */
  readonly before: string;
  /** `null` if all calls are from one service. */
  readonly service: string | null;
}

/**
 * Returns the releases in a timeline of calls by service and version, in the order of time: the first calls of each version
 * after those of another one, and returns to an earlier version that make the later one disappear.
 */
export function releasesOf({ at, groups }: Pick<Timeline, 'at' | 'groups'>): Release[] {
  const services = new Set(groups.map(({ names }) => names.service ?? ''));
  return [...services]
    .flatMap((service) =>
      changesOf(
        groups.filter(({ names }) => names.version && (names.service ?? '') === service),
        at,
      ).map((change) => ({ ...change, service: services.size > 1 ? service : null })),
    )
    .sort((one, other) => one.at - other.at);
}

function changesOf(
  versions: readonly TimelineGroup[],
  at: readonly number[],
): Array<Omit<Release, 'service'>> {
  const seen = new Set<TimelineGroup>();
  let current: TimelineGroup | undefined;
  return at.flatMap((start, index) => {
    const callsOf = ({ values }: TimelineGroup): number => values.calls?.[index] ?? 0;
    const present = versions.filter(callsOf).sort((one, other) => callsOf(other) - callsOf(one));
    const fresh = present.filter((version) => !seen.has(version));
    for (const version of fresh) seen.add(version);
    const before = current;
    const isGone = !before?.values.calls?.slice(index).some(Boolean);
    const next = before && (fresh.length > 0 || !isGone) ? fresh : present.slice(0, 1);
    current = next[0] ?? before;
    return before
      ? next.map(({ names }) => ({ at: start, version: names.version!, before: before.names.version! }))
      : [];
  });
}

/** Describes a release: `2.5.0, after 2.4.1`. */
export function releaseText({ service, version, before }: Release): string {
  return `${service ? `${service} ` : ''}${version}, after ${before}`;
}

/** Lists releases for screen readers; empty without releases. */
export function releasesText(releases: readonly Release[]): string {
  if (releases.length === 0) return '';
  const now = Date.now();
  return ` Releases: ${releases.map((release) => `${releaseText(release)}, ${moment(release.at, now)}`).join('; ')}.`;
}

/** Returns the releases of a bucket. */
export function releasesAt(releases: readonly Release[], start: number | undefined): readonly Release[] {
  return releases.filter(({ at }) => at === start);
}
