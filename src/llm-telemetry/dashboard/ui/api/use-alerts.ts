import type { AlertsResponse } from '../../api/index.js';
import { useClock } from '../state/clock.js';
import { useLive } from './live.js';
import { useApi, type ApiResult } from './use-api.js';

/** Returns the alerts: polled for current values, and pushed when an alert changes its state. */
export function useAlerts(): ApiResult<AlertsResponse> {
  const { round } = useClock();
  const { alerts: pushed } = useLive();
  const polled = useApi<AlertsResponse>('alerts', round);
  const newer = (pushed?.evaluatedAt ?? 0) > (polled.data?.evaluatedAt ?? 0);
  return newer ? { ...polled, data: pushed } : polled;
}
