import type { Status } from '../../api/index.js';
import { Documentation } from '../components/documentation.js';
import { StateLabel } from '../components/icons.js';

/** Warns that several instances with separate stores respond to the page. */
export function SeparateNotice({ status: { instance, separateInstances } }: { status: Status }) {
  const names = [instance.id, ...separateInstances].sort();
  return (
    <div class="banner" role="status">
      <StateLabel tone="warn" icon="clock">
        Separate stores
      </StateLabel>
      <span>
        {names.length} instances run, and each knows only its own calls, alerts and budgets:{' '}
        {names.join(', ')}. Let them use one store. <Documentation page="store.md#several-processes" />
      </span>
    </div>
  );
}
