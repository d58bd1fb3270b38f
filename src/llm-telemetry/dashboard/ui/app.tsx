import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Status } from '../api/index.js';
import { LiveProvider } from './api/live.js';
import { useAlerts } from './api/use-measures.js';
import { useApi } from './api/use-api.js';
import { FilterRow } from './frame/filter-row.js';
import { Footer } from './frame/footer.js';
import { TopBar } from './frame/top-bar.js';
import { usePageShortcuts } from './frame/use-page-shortcuts.js';
import { lazy } from './components/lazy.js';
import { ClockProvider, useClock } from './state/clock.js';
import { NavigationProvider, useNavigation, Link } from './state/navigation.js';
import type { Place } from './state/page-state.js';
import { showTheme } from './state/theme.js';

const Overview = lazy(() => import('./overview/overview.js').then((module) => module.Overview));
const CallsPage = lazy(() => import('./calls/calls-card.js').then((module) => module.CallsPage));
const CallPage = lazy(() => import('./call/call-page.js').then((module) => module.CallPage));
const AlertsPage = lazy(() => import('./alerts/alerts-page.js').then((module) => module.AlertsPage));
const SeparateNotice = lazy(() =>
  import('./frame/separate-notice.js').then((module) => module.SeparateNotice),
);
const HelpDialog = lazy(() => import('./frame/help-dialog.js').then((module) => module.HelpDialog));

export function App() {
  return (
    <NavigationProvider>
      <Connected />
    </NavigationProvider>
  );
}

function Connected() {
  const { state } = useNavigation();
  return (
    <LiveProvider wanted={state.live}>
      <ClockProvider>
        <Frame />
      </ClockProvider>
    </LiveProvider>
  );
}

function Frame() {
  const { state } = useNavigation();
  const { round, ready } = useClock();
  const status = useApi<Status>('status', round);
  const alerts = useAlerts();
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  const { place } = state;
  const service = status.data?.service;

  usePageShortcuts(help, setHelp);
  useEffect(() => {
    document.title = [titleOf(place), service ?? 'LLM telemetry'].join(' · ');
  }, [place, service]);

  useLayoutEffect(() => showTheme(state.theme), [state.theme]);
  const shown = useRef(place.page);
  useLayoutEffect(() => {
    // Screen readers announce the new page, unless it moved the focus itself or the user types in the filters.
    const kept = document.activeElement?.closest('main, [role=search]');
    if (shown.current !== place.page && !kept) main.current?.focus();
    shown.current = place.page;
  }, [place.page]);

  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to content
      </a>
      <header class="top">
        <TopBar status={status} alerts={alerts.data} onHelp={() => setHelp(true)} />
        {(place.page === 'overview' || place.page === 'calls') && <FilterRow connected={!status.error} />}
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {status.data && status.data.separateInstances.length > 0 && <SeparateNotice status={status.data} />}
        {place.page === 'overview' && <Overview status={status} alerts={alerts} />}
        {place.page === 'calls' && ready && <CallsPage />}
        {place.page === 'call' && <CallPage id={place.id} attempt={place.attempt} />}
        {place.page === 'alerts' && <AlertsPage alerts={alerts} />}
        {place.page === 'unknown' && <NotFound path={place.path} />}
        <Footer status={status.data} />
      </main>
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </>
  );
}

function titleOf(place: Place): string {
  switch (place.page) {
    case 'overview':
      return 'LLM calls';
    case 'calls':
      return 'Calls';
    case 'call':
      return `Call ${place.id}`;
    case 'alerts':
      return 'Alerts';
    case 'unknown':
      return 'Page not found';
  }
}

/** Not-found page. `path`: as in the URL, percent-encoded. */
export function NotFound({ path }: { path: string }) {
  return (
    <section class="card notice span-12">
      <h1>Page not found</h1>
      <p>
        The dashboard has no page <code class="mono">{path}</code>.
      </p>
      <div class="actions">
        <Link class="button" to={{ place: { page: 'overview' } }}>
          Overview
        </Link>
        <Link class="button" to={{ place: { page: 'calls' } }}>
          Calls
        </Link>
      </div>
    </section>
  );
}
