import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CallSort } from '../../api/index.js';
import { Failed, Skeleton } from '../components/panel.js';
import { StateLabel, Caret } from '../components/icons.js';
import { useNarrow, useShortcuts } from '../components/hooks.js';
import { counted, moment } from '../formats/formats.js';
import { Link, useNavigation } from '../state/navigation.js';
import { takeLastViewedCall, type CallList } from './call-list.js';
import { CallsList, CallsTable } from './calls-table.js';
import { useCalls, type Calls } from './use-calls.js';
import { useReading } from './use-reading.js';
import { apiUrl } from '../api/fetch-api.js';
import { callParameters, apiPath } from '../api/api-path.js';
import { lazy } from '../components/lazy.js';
import { Popup } from '../components/popup.js';
import { useClock } from '../state/clock.js';

const NoCalls = lazy(() => import('./no-calls.js').then((module) => module.NoCalls));

/** Page with all calls in the store. */
export function CallsPage() {
  return <CallsCard count={50} title="h1" />;
}

/**
 * List of the matching calls. `count`: page size. `title`: `h1` for the calls page, `h2` for a card that shows one page.
 */
export function CallsCard({ count, title }: { count: number; title: 'h1' | 'h2' }) {
  const narrow = useNarrow();
  const { state, go } = useNavigation();
  const stopped = state.paused;
  const body = useRef<HTMLDivElement>(null);
  const { reading, isReading } = useReading(body);
  const calls = useCalls({ count, only: title === 'h2', paused: stopped || reading, isReading });
  const { list, live } = calls;
  const rows = list?.rows ?? [];
  useRowShortcuts(body);
  useLastPlace(body, rows.length > 0);

  const Title = title;
  const Rows = narrow ? CallsList : CallsTable;
  return (
    <section class="card calls-card span-12" aria-label="Calls" aria-busy={calls.loading}>
      <div class="panel-head">
        <Title>Calls</Title>
        <Order />
        <span class="grow" />
        <span class="muted wide-only">
          <kbd>j</kbd> <kbd>k</kbd> move <kbd>↵</kbd> open
        </span>
        {title === 'h2' && (
          <Link class="link" to={{ place: { page: 'calls' } }}>
            All calls
          </Link>
        )}
        <span class="wide-only">
          <ExportMenu />
        </span>
        {live && (
          <button
            class="button"
            type="button"
            aria-pressed={stopped}
            onClick={() => go({ paused: !stopped }, 'replace')}
          >
            {stopped ? 'Resume' : 'Pause'}
          </button>
        )}
      </div>
      <div class="calls-news" role="status">
        {calls.held > 0 && (
          <button
            class="button"
            type="button"
            onClick={() => {
              calls.showHeld();
              if (body.current && body.current.getBoundingClientRect().top < 0)
                body.current.parentElement?.scrollIntoView();
            }}
          >
            {counted(calls.held, 'new call')}
          </button>
        )}
      </div>
      {list === null && calls.error && <Failed result={calls} />}
      {list === null && !calls.error && <Waiting rows={Math.min(count, 12)} />}
      {list !== null && rows.length === 0 && <NoCalls list={list} />}
      <div ref={body}>{rows.length > 0 && <Rows calls={rows} fresh={calls.fresh} />}</div>
      {title === 'h1' && list?.rest && <More calls={calls} list={list} count={count} />}
    </section>
  );
}

const ORDERS: Readonly<Record<CallSort, string>> = {
  endedAt: 'newest first',
  durationMs: 'longest first',
  tokens: 'most tokens first',
  costUsd: 'most expensive first',
};

function Order() {
  const { state } = useNavigation();
  const order = state.sort === 'endedAt' && state.order === 'asc' ? 'oldest first' : ORDERS[state.sort];
  return <span class="muted nowrap">{order}</span>;
}

function More({ calls, list, count }: { calls: Calls; list: CallList; count: number }) {
  const { state } = useNavigation();
  const found = list.rows.length;
  return (
    <div class="calls-more">
      {calls.error ? (
        <StateLabel tone="warn" icon="clock">
          {calls.error.message}
        </StateLabel>
      ) : (
        <span class="muted">
          {counted(found, 'call')}
          {state.sort === 'endedAt' &&
            state.order === 'desc' &&
            `, back to ${moment(list.searchedTo, Date.now())}`}
        </span>
      )}
      <button class="button" type="button" disabled={calls.loading} onClick={calls.loadMore}>
        {found === 0 ? 'Search further back' : `Show ${count} more`}
      </button>
    </div>
  );
}

function Waiting({ rows }: { rows: number }) {
  return (
    <div class="calls-waiting">
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} width={`${92 - ((index * 7) % 23)}%`} height={14} />
      ))}
    </div>
  );
}

/** Moves the focus between rows with `j` and `k`. Enter opens the focused link. */
function useRowShortcuts(body: { readonly current: HTMLElement | null }): void {
  const move = (by: 1 | -1): void => {
    const links = [...(body.current?.querySelectorAll<HTMLElement>('tbody a, li a') ?? [])];
    const at = links.findIndex((link) => link === document.activeElement);
    links[at === -1 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
  };
  useShortcuts({ j: () => move(1), k: () => move(-1) });
}

/** Restores the focus to the row of the call that was viewed last, unless the user has moved it meanwhile. */
function useLastPlace(body: { readonly current: HTMLElement | null }, filled: boolean): void {
  const [id] = useState(takeLastViewedCall);
  useLayoutEffect(() => {
    // A page that is shown has the focus as a whole, or gets it after this effect.
    const free = document.activeElement?.matches('body, main');
    if (filled && id !== null && free)
      body.current?.querySelector<HTMLElement>(`[data-call="${id}"] a`)?.focus();
  }, [filled]);
}

/** Menu that exports all matching calls of the range. */
export function ExportMenu() {
  const { state } = useNavigation();
  const { range } = useClock();
  const href = (endpoint: string): string => apiUrl(apiPath(endpoint, { ...callParameters(range, state) }));
  return (
    <Popup
      class="button"
      label="Export"
      button={
        <>
          Export
          <Caret />
        </>
      }
    >
      {(close) => (
        <>
          <a class="option" href={href('calls.csv')} download onClick={close}>
            CSV <span class="muted">one row per call</span>
          </a>
          <a class="option" href={href('calls.ndjson')} download onClick={close}>
            NDJSON <span class="muted">one JSON object per line</span>
          </a>
        </>
      )}
    </Popup>
  );
}
