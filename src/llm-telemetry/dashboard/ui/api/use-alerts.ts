import type { AlertsAnswer } from '../../api/index.js';
import { useClock } from '../state/clock.js';
import { useLive } from './live.js';
import { useAnswer, type Answer } from './use-answer.js';

/** The alerts, with their values of now, and at once when one changes its state. */
export function useAlerts(): Answer<AlertsAnswer> {
  const { round } = useClock();
  const { alerts: told } = useLive();
  const asked = useAnswer<AlertsAnswer>('alerts', round);
  const newer = (told?.evaluatedAt ?? 0) > (asked.data?.evaluatedAt ?? 0);
  return newer ? { ...asked, data: told } : asked;
}
