import { withoutVersion } from '../../../calls/model-version.js';
import type { CallRow, CallSort } from '../../api/index.js';
import { StateLabel } from '../components/icons.js';
import { clockSeconds, day, dayOfYear } from '../formats/formats.js';
import { nameText } from '../formats/names.js';
import type { CallId } from '../state/call-id.js';
import { Link, useNavigation } from '../state/navigation.js';
import { scaleOf, identitiesIn, barOf } from './call-list.js';
import { CallCost, CallDuration, CallTokens } from './call-values.js';
import { outcomeOf } from './outcome.js';

export interface CallRowsProps {
  readonly calls: readonly CallRow[];
  readonly fresh: ReadonlySet<CallId>;
}

interface Column {
  readonly name: string;
  readonly sort?: CallSort;
  readonly number?: boolean;
  readonly class?: string;
}

const FIRST: readonly Column[] = [
  { name: 'Time', sort: 'endedAt' },
  { name: 'Feature · operation' },
  { name: 'Model' },
];
const LAST: readonly Column[] = [
  { name: 'Outcome' },
  { name: 'Attempts', number: true },
  { name: 'Duration', sort: 'durationMs', number: true, class: 'duration' },
  { name: 'Tokens in → out', sort: 'tokens', number: true },
  { name: 'Cost', sort: 'costUsd', number: true },
];

export function CallsTable({ calls, fresh }: CallRowsProps) {
  const { go } = useNavigation();
  const scale = scaleOf(calls);
  const identities = identitiesIn(calls);
  const open = (event: MouseEvent, id: CallId): void => {
    // Links handle their own clicks, and selecting text is not a click.
    if (event.defaultPrevented || !getSelection()?.isCollapsed) return;
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest('a')) return;
    go({ place: { page: 'call', id } });
  };
  return (
    <table class="calls">
      <caption class="sr">Calls</caption>
      <thead>
        <tr>
          {[...FIRST, ...identities.map(({ name }) => ({ name, class: 'identity' })), ...LAST].map(
            (column) => (
              <Heading key={column.name} {...column} />
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {calls.map((call) => (
          <tr
            key={call.id}
            data-call={call.id}
            class={fresh.has(call.id) ? 'new' : undefined}
            onClick={(event) => open(event, call.id)}
          >
            <td>
              <Time call={call} />
            </td>
            <td class="what">
              {call.feature}
              <span class="muted"> · {call.operation}</span>
            </td>
            <td class="muted what" title={call.model ?? undefined}>
              {modelText(call)}
            </td>
            {identities.map(({ name, of }) => (
              <td key={name} class="muted what identity" title={of(call) ?? undefined}>
                {of(call) ?? <span aria-label={`no ${name.toLowerCase()}`}>—</span>}
              </td>
            ))}
            <td>
              <OutcomeLabel call={call} />
            </td>
            <td class={call.attempts > 1 ? 'num' : 'num muted'}>{call.attempts}</td>
            <td class="num">
              <span class="duration-cell">
                <DurationBar call={call} scale={scale} />
                <CallDuration call={call} />
              </span>
            </td>
            <td class="num">
              <CallTokens call={call} />
            </td>
            <td class="num">
              <CallCost call={call} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** List for narrow screens: two lines per call. */
export function CallsList({ calls, fresh }: CallRowsProps) {
  const identities = identitiesIn(calls);
  return (
    <ul class="calls-list">
      {calls.map((call) => {
        const outcome = outcomeOf(call);
        return (
          <li key={call.id} data-call={call.id} class={fresh.has(call.id) ? 'new' : undefined}>
            <Link to={{ place: { page: 'call', id: call.id } }}>
              <span class="calls-line">
                <span class="calls-name">
                  <b class="cut">{call.feature}</b>
                  <span class="muted"> · </span>
                  <span class="cut calls-operation">{call.operation}</span>
                </span>
                <span class="num nowrap">
                  <CallCost call={call} />
                </span>
              </span>
              <span class="calls-line muted">
                <span class="cut">
                  {[timeText(call), modelText(call), ...identities.map(({ of }) => of(call))]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
                <span class="num nowrap">
                  {/* OK is the default and would be noise. */}
                  {outcome.text !== 'OK' && (
                    <>
                      <OutcomeLabel call={call} /> ·{' '}
                    </>
                  )}
                  <span class="calls-duration">
                    <CallDuration call={call} />
                  </span>
                </span>
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

/** Returns the model without its version, as in all groups. The page of the call shows both. */
function modelText({ model, batch }: CallRow): string {
  if (model === null && batch) return 'unknown model';
  return nameText(model && withoutVersion(model));
}

function OutcomeLabel({ call }: { call: CallRow }) {
  const { tone, icon, text } = outcomeOf(call);
  return (
    <StateLabel tone={tone} icon={icon}>
      {text}
    </StateLabel>
  );
}

function Time({ call }: { call: CallRow }) {
  return <Link to={{ place: { page: 'call', id: call.id } }}>{timeText(call)}</Link>;
}

function timeText({ endedAt }: CallRow): string {
  const time = clockSeconds(endedAt);
  return dayOfYear(endedAt) === dayOfYear(Date.now()) ? time : `${day(endedAt)} ${time}`;
}

/** Sortable heading. Only time sorts in both directions; a second click on another column sorts by time again. */
function Heading({ name, sort, number, class: className }: Column) {
  const { state, go } = useNavigation();
  const classes = [number && 'num', className].filter(Boolean).join(' ') || undefined;
  if (!sort)
    return (
      <th scope="col" class={classes}>
        {name}
      </th>
    );
  const sorted = state.sort === sort;
  const ascending = sorted && sort === 'endedAt' && state.order === 'asc';
  const next = (): void => {
    if (!sorted) go({ sort, order: 'desc' });
    else if (sort === 'endedAt') go({ order: ascending ? 'desc' : 'asc' });
    else go({ sort: 'endedAt', order: 'desc' });
  };
  return (
    <th scope="col" class={classes} aria-sort={sorted ? (ascending ? 'ascending' : 'descending') : undefined}>
      <button type="button" onClick={next}>
        {name}
        {sorted && <span aria-hidden="true">{ascending ? ' ↑' : ' ↓'}</span>}
      </button>
    </th>
  );
}

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
