import type { CallRow } from '../../api/index.js';
import { barOf } from './duration-scale.js';

/** How long a call took beside the others of the list: grey until its first token. */
export function DurationBar({ call, scale }: { call: CallRow; scale: number }) {
  return (
    <i class="duration-bar" aria-hidden="true">
      {barOf(call, scale).map(({ kind, from, to }) => (
        <span key={kind} class={kind} style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }} />
      ))}
    </i>
  );
}
