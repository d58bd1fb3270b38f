import type { CallDetail } from '../../api/index.js';
import { costReasonText } from '../calls/cost-reasons.js';
import { outcomeOf } from '../calls/outcome.js';
import { StateLabel } from '../components/icons.js';
import { nameText } from '../formats/names.js';
import { clockMillis, dayOfYear } from '../formats/formats.js';
import { useClock } from '../state/clock.js';
import type { CallId } from '../state/call-id.js';
import { Link, useNavigation, type Origin } from '../state/navigation.js';
import { NAME_FILTERS } from '../state/page-state.js';
import { lengthText } from '../state/time-range.js';
import type { Neighbors } from './use-neighbors.js';
import { CallCost, CallTokens } from '../calls/call-values.js';
import { factsOf } from './facts.js';

/** Heading of a call: name, outcome, time and link to the trace. */
export function CallHead({ call }: { call: CallDetail }) {
  const { tone, icon, text } = outcomeOf(call);
  return (
    <div class="call-title span-12">
      <h1>
        <span>{call.feature} / </span>
        {call.operation}
      </h1>
      <StateLabel tone={tone} icon={icon}>
        {text}
      </StateLabel>
      <span class="muted">
        {dayOfYear(call.startedAt)}, {clockMillis(call.startedAt)}
      </span>
      <span class="grow wide-only" />
      {call.traceUrl && (
        <a class="button primary" href={call.traceUrl} target="_blank" rel="noreferrer">
          Open trace <span aria-hidden="true">↗</span>
        </a>
      )}
    </div>
  );
}

/** Links to the page that the call was opened from, and to the newer and older call. */
export function CallNavigation({ newer, older, stale, place }: Neighbors & { place?: string | null }) {
  const { state, origin } = useNavigation();
  const { range } = useClock();
  const names = NAME_FILTERS.flatMap((of) => state[of].map((name) => nameText(name, of)));
  const which = [...names, ...state.outcome, ...state.costReason.map(costReasonText), lengthText(range)];
  return (
    <nav class="crumbs span-12" aria-label="Calls">
      <Link class="link" to={{ place: { page: origin } }}>
        ← {ORIGINS[origin]}
      </Link>
      <span class="wide-only cut">{which.filter(Boolean).join(', ')}</span>
      <span class="grow" />
      {place && <span class="muted wide-only">{place}</span>}
      <Neighbor id={newer} stale={stale} text="Newer" shortcut="k" />
      <Neighbor id={older} stale={stale} text="Older" shortcut="j" />
    </nav>
  );
}

const ORIGINS: Readonly<Record<Origin, string>> = { overview: 'Overview', calls: 'Calls', alerts: 'Alerts' };

function Neighbor({
  id,
  stale,
  text,
  shortcut,
}: {
  id: CallId | null;
  stale: boolean;
  text: string;
  shortcut: string;
}) {
  const content = (
    <>
      {text}
      <kbd class="wide-only">{shortcut}</kbd>
    </>
  );
  if (id === null)
    return (
      <button class="button" type="button" disabled>
        {content}
      </button>
    );
  return (
    <Link class="button" to={{ place: { page: 'call', id } }} aria-disabled={stale}>
      {content}
    </Link>
  );
}

export function FactsCard({ call }: { call: CallDetail }) {
  return (
    <dl class="card facts span-12">
      {factsOf(call).map(({ name, value, line }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {name === 'Cost' ? (
              <CallCost call={call} />
            ) : name === 'Tokens' ? (
              <CallTokens call={call} />
            ) : (
              value
            )}
          </dd>
          <dd>{line}</dd>
        </div>
      ))}
    </dl>
  );
}
