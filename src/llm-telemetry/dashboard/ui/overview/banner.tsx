import type { Status, Summary } from '../../api/index.js';
import type { Answer } from '../api/use-answer.js';
import { StateLabel } from '../components/state-label.js';
import { clockSeconds, clockTime } from '../formats/formats.js';
import { useClock } from '../state/clock.js';

/** Says that figures are old, or that calls are not kept. */
export function Banner({ summary, status }: { summary: Answer<Summary>; status: Answer<Status> }) {
  const { refresh } = useClock();
  const trouble = status.data?.store?.trouble;
  const off = status.data !== null && status.data.store === null;
  if (!summary.error && !trouble && !off) return null;
  return (
    <div class="banner" role="status">
      <StateLabel tone="warn" icon="clock">
        {summary.error ? 'Not up to date' : off ? 'Switched off' : 'Not kept'}
      </StateLabel>
      <span>
        {summary.error && summary.error.message}{' '}
        {summary.error && summary.data && `Figures below end at ${clockSeconds(summary.data.asOf)}. `}
        {trouble && `Since ${clockTime(trouble.since)}: ${trouble.message} `}
        {trouble &&
          status.data?.store?.mode === 'memory' &&
          'New calls are kept in memory and lost at restart.'}
        {off && 'The store is switched off, and there is nothing to be seen: set the option store.'}
      </span>
      <span class="grow" />
      {summary.error && (
        <button class="button" type="button" onClick={refresh}>
          Try again
        </button>
      )}
    </div>
  );
}
