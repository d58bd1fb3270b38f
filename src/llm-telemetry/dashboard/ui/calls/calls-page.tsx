import { CallsCard } from './calls-card.js';

/** Every call that is kept, the newest first. */
export function CallsPage() {
  return <CallsCard count={50} title="h1" />;
}
