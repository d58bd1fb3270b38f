import { useMemo } from 'preact/hooks';
import type { Timeline } from '../../api/index.js';
import { bucketParameters, useMeasures } from '../api/use-measures.js';
import { releasesOf, type Release } from '../charts/releases.js';

/** Returns the releases in the range of the page, in the buckets of its charts. */
export function useReleases(): readonly Release[] {
  const { data } = useMeasures<Timeline>('timeline', {
    metric: 'calls',
    by: ['service', 'version'],
    limit: 50,
    ...bucketParameters(),
  });
  return useMemo(() => (data ? releasesOf(data) : []), [data]);
}
