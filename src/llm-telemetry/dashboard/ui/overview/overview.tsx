import type { AlertsAnswer, Status } from '../../api/index.js';
import type { Answer } from '../api/use-answer.js';

/** What calls cost, which feature is to blame, and whether something is wrong. */
export function Overview({ status }: { status: Status | null; alerts: Answer<AlertsAnswer> }) {
  return <h1 class="span-12">{status?.service}</h1>;
}
