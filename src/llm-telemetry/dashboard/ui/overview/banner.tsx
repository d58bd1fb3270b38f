import type { Status, Summary } from '../../api/index.js';
import type { ApiResult } from '../api/use-api.js';
import { StateLabel } from '../components/state-label.js';
import { clockSeconds, clockTime } from '../formats/formats.js';
import { useClock } from '../state/clock.js';

/** Warns that data is outdated or that calls are not stored. */
export function Banner({ summary, status }: { summary: ApiResult<Summary>; status: ApiResult<Status> }) {
  const { refresh } = useClock();
  const trouble = status.data?.store?.trouble;
  const off = status.data !== null && status.data.store === null;
  if (!summary.error && !trouble && !off) return null;
  return (
    <div class="banner" role="status">
      <StateLabel tone="warn" icon="clock">
        {summary.error ? 'Not up to date' : off ? 'Store disabled' : 'Not stored'}
      </StateLabel>
      <span>
        {summary.error && summary.error.message}{' '}
        {summary.error && summary.data && `Data ends at ${clockSeconds(summary.data.asOf)}. `}
        {trouble && `Since ${clockTime(trouble.since)}: ${trouble.message} `}
        {trouble &&
          status.data?.store?.mode === 'memory' &&
          'New calls are kept in memory and are lost on restart.'}
        {off && 'No calls are shown because the option store is false.'}
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
