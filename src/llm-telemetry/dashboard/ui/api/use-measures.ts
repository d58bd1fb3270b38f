import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { NO_FILTERS, type NameFilter } from '../state/page-state.js';
import { measureParameters, apiPath } from './api-path.js';
import { useApi, type ApiResult } from './use-api.js';
import type { AlertsResponse } from '../../api/index.js';
import { useLive } from './live.js';

/**
 * Requests measures for the range and filters of the page. `filtered: false` ignores the filters, for example for colors
 * that must not depend on them. `wanted: false` requests nothing.
 */
export function useMeasures<T>(
  endpoint: string,
  parameters: Parameters<typeof apiPath>[1] = {},
  { filtered = true, wanted = true } = {},
): ApiResult<T> {
  const { state } = useNavigation();
  const { range, round } = useClock();
  const measures = measureParameters(range, filtered ? state : NO_FILTERS);
  return useApi<T>(wanted ? apiPath(endpoint, { ...measures, ...parameters }) : null, round);
}

/** Returns the parameters that group measures. Versions of a model are merged. */
export function byParameters(by: NameFilter) {
  return by === 'model' ? { by, mergeVersions: true } : { by };
}

/** Aligns buckets of days to local midnight. */
export function bucketParameters() {
  return { utcOffset: -new Date().getTimezoneOffset() };
}

/** Returns the alerts: polled for current values, and pushed when an alert changes its state. */
export function useAlerts(): ApiResult<AlertsResponse> {
  const { round } = useClock();
  const { alerts: pushed } = useLive();
  const polled = useApi<AlertsResponse>('alerts', round);
  const newer = (pushed?.evaluatedAt ?? 0) > (polled.data?.evaluatedAt ?? 0);
  return newer ? { ...polled, data: pushed } : polled;
}
