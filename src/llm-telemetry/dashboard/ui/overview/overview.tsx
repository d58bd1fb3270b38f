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
import { Banner } from './banner.js';
import { DurationPanel } from './duration-panel.js';
import { ErrorsPanel } from './errors-panel.js';
import { Explorer } from './explorer.js';
import { LoadingOverview } from './loading-overview.js';
import { RangeHint } from './range-hint.js';
import { RetriesPanel } from './retries-panel.js';
import { TruncationPanel } from './truncation-panel.js';
import { Verdict } from './verdict-heading.js';

const EmptyNotice = lazy(() => import('./empty-notice.js').then((module) => module.EmptyNotice));

interface OverviewProps {
  readonly status: ApiResult<Status>;
  readonly alerts: ApiResult<AlertsResponse>;
}

/** Overview page: spend, its main cause, and alerts. */
export function Overview(props: OverviewProps) {
  // Nothing can be requested until the range is known.
  return useClock().ready ? <Figures {...props} /> : <LoadingOverview />;
}

function Figures({ status, alerts }: OverviewProps) {
  const { state } = useNavigation();
  const summary = useMeasures<Summary>('summary');
  const byFeature = useMeasures<Breakdown>('breakdown', { by: 'feature' });

  if (!summary.data && !summary.error) return <LoadingOverview />;
  const banner = <Banner summary={summary} status={status} />;
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
          Outcome, retries and search filter only the list of calls. Everything else covers all calls.
        </p>
      )}
      <Verdict summary={summary} byFeature={byFeature} />
      <AlertsCard alerts={alerts} />
      <Explorer summary={summary} alerts={alerts.data} />
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
