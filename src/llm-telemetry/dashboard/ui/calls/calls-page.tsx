import { CallsCard } from './calls-card.js';

/** Page with all calls in the store. */
export function CallsPage() {
  return <CallsCard count={50} title="h1" />;
}
