import type { StoreStatus } from '../../api/index.js';
import { clockTime, wholeCount } from '../formats/formats.js';

/** Explains where new calls are while the store has a problem; `null` without one. */
export function storeNotice(
  store: StoreStatus | null,
): { readonly label: string; readonly text: string } | null {
  if (!store?.trouble) return null;
  const { trouble, state, where } = store;
  // Messages are written for the log.
  const message = trouble.message.replace(/^Store: ./, (start) => start.slice(7).toUpperCase());
  const problem = `Since ${clockTime(trouble.since)}: ${message}`;
  switch (state) {
    case 'stored':
      return { label: 'Store problem', text: problem };
    case 'buffered':
      return { label: 'Buffered', text: `${problem} ${waitingText(store)}` };
    case 'memory':
      return {
        label: 'Not stored',
        text: `${problem} New calls are kept in memory and are lost on restart.`,
      };
    case 'off':
      return {
        label: 'Not stored',
        text: `${problem} New calls are not stored${where ? ` in ${where}` : ''}.`,
      };
  }
}

function waitingText({ trouble, waiting, waitingSince }: StoreStatus): string {
  if (waiting === 0) return 'New calls are kept on this machine until the database responds.';
  const start = waitingSince === null ? '' : clockTime(waitingSince);
  const since = trouble && start !== clockTime(trouble.since) && start ? `, the oldest since ${start}` : '';
  const calls = waiting === 1 ? '1 call waits' : `${wholeCount(waiting)} calls wait`;
  return `${calls} on this machine until the database responds${since}.`;
}
