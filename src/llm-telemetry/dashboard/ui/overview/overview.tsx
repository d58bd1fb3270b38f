import { useRef } from 'preact/hooks';
import type { AlertsResponse, Breakdown, Status, Summary } from '../../api/index.js';
import { useMeasures } from '../api/use-measures.js';
import type { ApiResult } from '../api/use-api.js';
import { CallsCard } from '../calls/calls-card.js';
import { BudgetHint } from '../budgets/budget-hint.js';
import { BudgetsPanel } from '../budgets/budgets-panel.js';
import { lazy } from '../components/lazy.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { narrowsCallsOnly } from '../state/page-state.js';
import { WhatIfPanel } from '../what-if/what-if-panel.js';
import { AlertsCard } from './alerts-card.js';
import { DurationPanel } from './duration-panel.js';
import { ErrorsPanel } from './errors-panel.js';
import { Explorer } from './explorer.js';
import { RetriesPanel } from './retries-panel.js';
import { TruncationPanel } from './truncation-panel.js';
import { storeNotice } from './store-notice.js';
import { verdictOf, type Sentence } from './findings.js';
import { Skeleton } from '../components/panel.js';
import { KPI_LIST } from './kpis.js';
import { moment, clockSeconds } from '../formats/formats.js';
import { firstCall, lengthWords, presetOf } from '../state/time-range.js';
import { StateLabel } from '../components/icons.js';

const EmptyNotice = lazy(() => import('./empty-notice.js').then((module) => module.EmptyNotice));
const RefusedNotice = lazy(() => import('./empty-notice.js').then((module) => module.RefusedNotice));

interface OverviewProps {
  readonly status: ApiResult<Status>;
  readonly alerts: ApiResult<AlertsResponse>;
}

/** Overview page: spend, its main cause, and alerts. */
export function Overview(props: OverviewProps) {
  // Nothing can be requested until the range is known.
  return useClock().ready ? <LoadedOverview {...props} /> : <LoadingOverview />;
}

function LoadedOverview({ status, alerts }: OverviewProps) {
  const { state } = useNavigation();
  const summary = useMeasures<Summary>('summary');
  const byFeature = useMeasures<Breakdown>('breakdown', { by: 'feature' });

  if (!summary.data && !summary.error) return <LoadingOverview />;
  const banner = <Banner summary={summary} status={status} />;
  if (!summary.data && summary.error?.status === 400)
    return (
      <>
        <RefusedNotice message={summary.error.message} />
        <CallsCard count={12} title="h2" />
      </>
    );
  if (!summary.data)
    return (
      <>
        <h1 class="sr">LLM calls</h1>
        {banner}
      </>
    );
  if (summary.data.calls === 0)
    return (
      <>
        {banner}
        <EmptyNotice status={status.data} />
      </>
    );
  return (
    <>
      {banner}
      <RangeHint />
      {narrowsCallsOnly(state) && (
        <p class="span-12 muted">
          Outcome, retries, the reason of an unknown cost and search filter only the list of calls. Everything
          else covers all calls.
        </p>
      )}
      <Verdict summary={summary} byFeature={byFeature} />
      <AlertsCard alerts={alerts} />
      <Explorer summary={summary} alerts={alerts.data} status={status.data} />
      <DurationPanel alerts={alerts.data} />
      <TruncationPanel alerts={alerts.data} />
      <ErrorsPanel />
      <div class="span-12 thirds">
        <RetriesPanel />
        <BudgetsPanel />
        <div class="thirds-column">
          <WhatIfPanel />
          <BudgetHint />
        </div>
      </div>
      <CallsCard count={12} title="h2" />
    </>
  );
}

export function Verdict({
  summary,
  byFeature,
}: {
  summary: ApiResult<Summary>;
  byFeature: ApiResult<Breakdown>;
}) {
  const { state } = useNavigation();
  const last = useRef<Sentence | null>(null);
  if (!summary.data) return null;
  const now = verdictOf(summary.data, byFeature.data, {
    compare: state.compare,
    moves: typeof (state.zoom ?? state.range) === 'string',
    upTo: summary.error ? summary.data.asOf : null,
  });
  // Keeps the previous sentence until both responses belong to the same query.
  const waits = summary.loading || byFeature.loading;
  const sentence = waits && last.current ? last.current : now;
  last.current = sentence;
  return (
    <div class="verdict span-5">
      <h1>{sentence.map(({ text, strong }, index) => (strong ? <b key={index}>{text}</b> : text))}</h1>
    </div>
  );
}

/** Skeleton of the overview in its final layout. */
export function LoadingOverview() {
  return (
    <>
      <div class="verdict span-5" role="status">
        <h1 class="sr">Loading</h1>
        <Skeleton width="92%" height={22} />
        <Skeleton width="64%" height={22} />
      </div>
      <div class="card alerts span-7">
        {['80%', '70%', '74%'].map((width) => (
          <Skeleton key={width} width={width} height={14} />
        ))}
      </div>
      <div class="card span-12" aria-hidden="true">
        <div class="kpis">
          {KPI_LIST.map(({ name, label }) => (
            <div key={name} class="kpi">
              <span class="kpi-label">{label}</span>
              <Skeleton width="70%" height={20} />
              <Skeleton width="50%" height={12} />
            </div>
          ))}
        </div>
        <div class="explore">
          <div>
            <Skeleton width="30%" height={14} />
            <Skeleton width="100%" height={252} />
          </div>
          <div>
            <Skeleton width="60%" height={14} />
            <Skeleton width="100%" height={252} />
          </div>
        </div>
      </div>
    </>
  );
}

/** Explains why the range of a new store is shorter than a day. */
export function RangeHint() {
  const { state } = useNavigation();
  const { now, range } = useClock();
  const first = firstCall();
  if (state.range !== 'fit' || state.zoom || first === null || presetOf('fit', now) === '24h') return null;
  return (
    <p class="span-12 muted hint">
      Showing the last {lengthWords(range).replace(/^1 /, '')}: data starts at {moment(first, now)}.
    </p>
  );
}

/** Warns that data is outdated or that calls are not stored. */
export function Banner({ summary, status }: { summary: ApiResult<Summary>; status: ApiResult<Status> }) {
  const { refresh } = useClock();
  const notice = storeNotice(status.data?.store ?? null);
  const off = status.data !== null && status.data.store === null;
  if (!summary.error && !notice && !off) return null;
  return (
    <div class="banner" role="status">
      <StateLabel tone="warn" icon="clock">
        {summary.error ? 'Not up to date' : off ? 'Store disabled' : notice?.label}
      </StateLabel>
      <span>
        {summary.error && summary.error.message}{' '}
        {summary.error && summary.data && `Data ends at ${clockSeconds(summary.data.asOf)}. `}
        {notice?.text}
        {off && 'No calls are shown because the option store is false.'}
      </span>
      {summary.error && (
        <>
          <span class="grow" />
          <button class="button" type="button" onClick={refresh}>
            Try again
          </button>
        </>
      )}
    </div>
  );
}
