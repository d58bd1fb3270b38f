import type { CallRow } from '../../api/index.js';
import { barOf } from './duration-scale.js';

/** Duration relative to the other calls of the list, gray until the first token. */
export function DurationBar({ call, scale }: { call: CallRow; scale: number }) {
  return (
    <i class="duration-bar" aria-hidden="true">
      {barOf(call, scale).map(({ kind, from, to }) => (
        <span key={kind} class={kind} style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }} />
      ))}
    </i>
  );
}
