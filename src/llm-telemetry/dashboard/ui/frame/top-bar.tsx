import type { AlertsResponse, Status } from '../../api/index.js';
import { countInstances } from '../alerts/alert-state.js';
import type { ApiResult } from '../api/use-api.js';
import { useLive } from '../api/live.js';
import { Caret, HalfMoon, Mark, StateLabel } from '../components/icons.js';
import { lazy } from '../components/lazy.js';
import { Popup } from '../components/popup.js';
import { Segmented } from '../components/buttons.js';
import { Link, useNavigation } from '../state/navigation.js';
import type { PageState } from '../state/page-state.js';
import { chooseOtherTheme } from '../state/theme.js';
import { useClock } from '../state/clock.js';
import { isPreset, presetOf, PRESETS, type Preset } from '../state/time-range.js';

const CustomRange = lazy(() => import('./custom-range.js').then((module) => module.CustomRange));

const PAGES = [
  ['overview', 'Overview'],
  ['calls', 'Calls'],
  ['alerts', 'Alerts'],
] as const;

const RANGES = (Object.keys(PRESETS) as Preset[]).map(
  (preset) => [preset, preset.replace(/m$/, ' min').replace(/(?=[hd])/, ' ')] as const,
);

/** Top bar of every page. */
export function TopBar({
  status,
  alerts,
  onHelp,
}: {
  status: ApiResult<Status>;
  alerts: AlertsResponse | null;
  onHelp: () => void;
}) {
  const { state, go } = useNavigation();
  const { page } = state.place;
  const firing = alerts ? countInstances(alerts, 'firing') : 0;
  const service = status.data?.service ?? 'LLM telemetry';
  return (
    <div class="bar">
      <Link class="brand" to={{ place: { page: 'overview' } }} aria-label={`${service}, overview`}>
        <Mark />
        <span class="wide-only">{service}</span>
      </Link>
      <nav class="nav" aria-label="Main">
        {PAGES.map(([name, text]) => (
          <Link
            key={name}
            to={{ place: { page: name } }}
            aria-current={isUnder(name, state) ? 'page' : undefined}
          >
            {text}
            {name === 'alerts' && firing > 0 && (
              <span class="count">
                {firing}
                <span class="sr"> firing</span>
              </span>
            )}
          </Link>
        ))}
      </nav>
      <span class="grow" />
      {(page === 'overview' || page === 'calls' || page === 'alerts') && (
        <>
          {page !== 'alerts' && <RangeButtons />}
          {page !== 'alerts' && <RangeMenu />}
          <span class="wide-only">
            <LiveButton connected={!status.error} />
          </span>
        </>
      )}
      <button
        class="button ghost icon"
        type="button"
        aria-label="Switch theme (t)"
        onClick={() => go({ theme: chooseOtherTheme() }, 'replace')}
      >
        <HalfMoon />
      </button>
      <button
        class="button ghost icon wide-only"
        type="button"
        aria-label="Keyboard shortcuts (?)"
        onClick={onHelp}
      >
        <kbd>?</kbd>
      </button>
    </div>
  );
}

function isUnder(name: string, { place }: PageState): boolean {
  return name === (place.page === 'call' ? 'calls' : place.page);
}

/** Returns the displayed preset; `null` for a custom range or a zoom. */
function useShownPreset(): Preset | null {
  const { state } = useNavigation();
  const { now } = useClock();
  return state.zoom ? null : presetOf(state.range, now);
}

function RangeButtons() {
  const { go } = useNavigation();
  const chosen = useShownPreset();
  return (
    <div class="segmented wide-only" role="group" aria-label="Time range">
      {RANGES.map(([preset, text]) => (
        <button
          key={preset}
          type="button"
          aria-pressed={preset === chosen}
          onClick={() => go({ range: preset, zoom: null })}
        >
          {text}
        </button>
      ))}
      <Popup class={chosen === null ? 'pressed' : ''} label="Custom time range" button="Custom">
        {(close) => <CustomRange onDone={close} />}
      </Popup>
    </div>
  );
}

function RangeMenu() {
  const { go } = useNavigation();
  const chosen = useShownPreset();
  const text = RANGES.find(([preset]) => preset === chosen)?.[1] ?? 'Custom';
  return (
    <span class="narrow-only range-menu">
      <Popup
        class="button"
        label="Time range"
        button={
          <>
            <span class="sr">Time range: </span>
            {text}
            <Caret />
          </>
        }
      >
        {(close) => (
          <>
            <div class="custom-range">
              <Segmented
                label="Time range"
                options={RANGES}
                chosen={chosen}
                onChoose={(preset) => {
                  if (isPreset(preset)) go({ range: preset, zoom: null });
                  close();
                }}
              />
            </div>
            <CustomRange onDone={close} />
          </>
        )}
      </Popup>
    </span>
  );
}

/** `connected`: false if the latest status request failed. */
export function LiveButton({
  class: className = 'button',
  connected,
}: {
  class?: string;
  connected: boolean;
}) {
  const { state, go } = useNavigation();
  const { status } = useLive();
  return (
    <button
      class={className}
      type="button"
      aria-pressed={state.live}
      title="Live (l)"
      onClick={() => go({ live: !state.live }, 'replace')}
    >
      {state.live && (status === 'lost' || !connected) ? (
        <StateLabel tone="warn" icon="clock">
          Not live
        </StateLabel>
      ) : (
        <>
          <i class={status === 'on' ? 'pulse' : 'pulse off'} />
          Live
        </>
      )}
    </button>
  );
}
