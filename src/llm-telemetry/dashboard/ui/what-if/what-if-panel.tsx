import { useMemo } from 'preact/hooks';
import type { Breakdown, WhatIf } from '../../api/index.js';
import { apiPath } from '../api/api-path.js';
import { useApi } from '../api/use-api.js';
import { useMeasures } from '../api/use-measures.js';
import { lazy } from '../components/lazy.js';
import { Failed, Panel } from '../components/panel.js';
import { useDraft } from '../components/use-draft.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { chosenFeature, scopeText, whatIfFilters } from './what-if-texts.js';

const WhatIfComparison = lazy(() =>
  import('./what-if-comparison.js').then((module) => module.WhatIfComparison),
);

/** Cost of the same calls with another model. Requests nothing until a model is entered. */
export function WhatIfPanel() {
  const { state, go } = useNavigation();
  const { whatIfModel: model } = state;
  const features = useMeasures<Breakdown>('breakdown', { by: 'feature' }, { filtered: false });
  const models = useMeasures<Breakdown>('breakdown', { by: 'model' }, { filtered: false });
  const field = useDraft(model, (text) => go({ whatIfModel: text }));
  const result = useWhatIf();
  const chosen = chosenFeature(state);
  // The selected feature is an option also while features load, and without calls in the range.
  const known = state.feature.length > 0 ? state.feature : namesIn(features.data, 'feature');
  const selectable = new Set([...known, chosen].filter(Boolean).sort());
  const scope = scopeText(state);
  return (
    <Panel
      span={12}
      title="What if"
      finding={
        <>
          The same tokens at the price of another model. Length and quality may differ.
          {scope && ` Only calls of ${scope}.`}
        </>
      }
    >
      <div class="what-if-choice">
        <select
          class="field"
          aria-label="Feature"
          value={chosen}
          onChange={(event) => go({ whatIfFeature: event.currentTarget.value })}
        >
          <option value="">
            {state.feature.length > 1 ? `${state.feature.length} features` : 'All features'}
          </option>
          {[...selectable].map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <span class="muted">on</span>
        <input
          class="field"
          aria-label="Model"
          placeholder="Model name"
          list="what-if-models"
          autocomplete="off"
          spellcheck={false}
          maxLength={200}
          {...field}
        />
        <datalist id="what-if-models">
          {namesIn(models.data, 'model').map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      <div aria-live="polite" aria-busy={result.loading}>
        {model !== '' && result.error && <Failed result={result} />}
        {model !== '' && !result.error && result.data && <WhatIfComparison whatIf={result.data} />}
      </div>
    </Panel>
  );
}

/** Requests the comparison once per choice and not with every new call, because it reads many calls. */
function useWhatIf() {
  const { state } = useNavigation();
  const { range } = useClock();
  const { whatIfModel: model } = state;
  const choice = state.zoom ?? state.range;
  const filters = whatIfFilters(state);
  const asked = useMemo(
    () =>
      model === ''
        ? null
        : apiPath('what-if', {
            from: new Date(range.from).toISOString(),
            to: new Date(range.to).toISOString(),
            ...filters,
            model,
          }),
    [JSON.stringify(filters), model, choice],
  );
  return useApi<WhatIf>(asked);
}

function namesIn(breakdown: Breakdown | null, by: 'feature' | 'model'): readonly string[] {
  return (breakdown?.groups ?? []).flatMap(({ names }) => names[by] || []);
}
