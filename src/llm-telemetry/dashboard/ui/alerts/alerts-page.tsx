import type { AlertsAnswer } from '../../api/index.js';
import type { Answer } from '../api/use-answer.js';

/** Every alert with what it watches. */
export function AlertsPage({ alerts }: { alerts: Answer<AlertsAnswer> }) {
  return <h1 class="span-12">{alerts.data?.alerts.length ?? 0} alerts</h1>;
}
