import type { Quality, Status } from '../../api/index.js';
import { useMeasures } from '../api/use-measures.js';
import { Info } from '../components/icons.js';
import { lazy } from '../components/lazy.js';
import { Popup } from '../components/popup.js';
import { counted, money } from '../formats/formats.js';
import { nameText } from '../formats/names.js';
import { completeText } from './findings.js';

const MissedNote = lazy(() => import('./missed-note.js').then((module) => module.MissedNote));

const UnpricedHelp = lazy(() => import('./unpriced-help.js').then((module) => module.UnpricedHelp));

/** Data quality: missed requests; unpriced, estimated, contradictory, derived and dropped calls. */
export function QualityNote({ status }: { status: Status | null }) {
  const { data: quality } = useMeasures<Quality>('quality');
  if (!quality) return <div class="quality" />;
  const { unpricedCalls, estimatedUsageCalls, estimatedCostUsd, missingUsageCalls, dropped } = quality;
  const { contradictoryUsageCalls, derivedUsageCalls } = quality;
  return (
    <div class="quality">
      {quality.lowerBound ? (
        <span>
          <span class="state warn">
            <Info />
          </span>
          <b>Spend is a lower bound.</b>{' '}
          {unpricedCalls > 0 && quality.unpricedModels.length > 0 && <Unpriced quality={quality} />}
        </span>
      ) : (
        <span>{completeText(quality)}</span>
      )}
      {status !== null && status.capture.missedRequests > 0 && (
        <span class="missed">
          <span class="state warn">
            <Info />
          </span>
          <MissedNote capture={status.capture} />
        </span>
      )}
      {estimatedUsageCalls > 0 && (
        <span>
          {counted(estimatedUsageCalls, 'call')} with estimated usage (~{money(estimatedCostUsd)})
        </span>
      )}
      {contradictoryUsageCalls > 0 && (
        <span>{counted(contradictoryUsageCalls, 'call')} with contradictory usage</span>
      )}
      {derivedUsageCalls > 0 && <span>{counted(derivedUsageCalls, 'call')} with derived usage</span>}
      {missingUsageCalls > 0 && <span>{counted(missingUsageCalls, 'call')} with no usage</span>}
      <span class={dropped > 0 ? 'state warn' : undefined}>
        {dropped > 0 && <Info />}
        {counted(dropped, 'record')} dropped
      </span>
    </div>
  );
}

function Unpriced({ quality: { unpricedCalls, unpricedModels } }: { quality: Quality }) {
  const [first, ...others] = unpricedModels;
  const more = others.length > 0 ? ` and ${counted(others.length, 'other model')}` : '';
  return (
    <span>
      {counted(unpricedCalls, 'call')} to {nameText(first?.model)}
      {more} {unpricedCalls === 1 ? 'has' : 'have'} no price.{' '}
      <Popup class="link" label="How to set a price" button="Set a price">
        {() => <UnpricedHelp model={first?.model ?? null} />}
      </Popup>
    </span>
  );
}
