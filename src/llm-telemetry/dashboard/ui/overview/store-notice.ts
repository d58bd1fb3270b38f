import type { StoreStatus } from '../../api/index.js';
import { clockTime, wholeCount } from '../formats/formats.js';

/** Explains where new calls are while the store has a problem; `null` without one. */
export function storeNotice(
  store: StoreStatus | null,
): { readonly label: string; readonly text: string } | null {
  if (!store?.trouble) return null;
  const { trouble, state, where } = store;
  const problem = `Since ${clockTime(trouble.since)}: ${trouble.message}`;
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

function waitingText({ waiting, waitingSince, where }: StoreStatus): string {
  const place = where ?? 'the database';
  if (waiting === 0) return `New calls are kept on this machine until ${place} responds.`;
  const since = waitingSince === null ? '' : `, the oldest since ${clockTime(waitingSince)}`;
  const calls = waiting === 1 ? '1 call waits' : `${wholeCount(waiting)} calls wait`;
  return `${calls} on this machine until ${place} responds${since}.`;
}
