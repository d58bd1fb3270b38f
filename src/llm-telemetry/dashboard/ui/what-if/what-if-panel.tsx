import { useMemo, useState } from 'preact/hooks';
import type { Breakdown, WhatIf } from '../../api/index.js';
import { question } from '../api/questions.js';
import { useAnswer } from '../api/use-answer.js';
import { useFigures } from '../api/use-figures.js';
import { Failed, Panel } from '../components/panel.js';
import { money } from '../formats/formats.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { CONFIDENCE_TEXTS, coverageText, differenceText } from './what-if-words.js';

/** What calls would have cost on another model. Nothing is asked before one is named. */
export function WhatIfPanel() {
  const [feature, setFeature] = useState('');
  const [model, setModel] = useState('');
  const features = useFigures<Breakdown>('breakdown', { by: 'feature' }, { filtered: false });
  const models = useFigures<Breakdown>('breakdown', { by: 'model' }, { filtered: false });
  const answer = useWhatIf(feature, model);
  return (
    <Panel
      span={12}
      title="What if"
      finding="The same tokens at another model’s price. Length and quality may differ."
      answer={features}
    >
      <div class="what-if-choice">
        <select
          class="field"
          aria-label="Feature"
          value={feature}
          onChange={(event) => setFeature(event.currentTarget.value)}
        >
          <option value="">All features</option>
          {namesIn(features.data, 'feature').map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <span class="muted">on</span>
        <input
          class="field"
          aria-label="Model"
          placeholder="Name of a model"
          list="what-if-models"
          autocomplete="off"
          spellcheck={false}
          value={model}
          onChange={(event) => setModel(event.currentTarget.value.trim())}
        />
        <datalist id="what-if-models">
          {namesIn(models.data, 'model').map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      <div aria-live="polite" aria-busy={answer.loading}>
        {model !== '' && answer.error && <Failed answer={answer} />}
        {model !== '' && !answer.error && answer.data && <Comparison whatIf={answer.data} />}
      </div>
    </Panel>
  );
}

function Comparison({ whatIf }: { whatIf: WhatIf }) {
  return (
    <>
      <dl class="stats what-if-stats">
        <div>
          <dt>Spent</dt>
          <dd>{money(whatIf.spentUsd)}</dd>
        </div>
        <div>
          <dt>Would be</dt>
          <dd>{money(whatIf.wouldBeUsd)}</dd>
        </div>
        <div>
          <dt>Difference</dt>
          <dd>{differenceText(whatIf)}</dd>
        </div>
      </dl>
      <p class="muted small">
        {coverageText(whatIf)} {whatIf.repricedCalls > 0 && CONFIDENCE_TEXTS[whatIf.confidence]}
      </p>
    </>
  );
}

/** It reads many calls: asked once for each choice, and not again with every new call. */
function useWhatIf(feature: string, model: string) {
  const { state } = useNavigation();
  const { range } = useClock();
  const choice = state.zoom ?? state.range;
  const asked = useMemo(
    () =>
      model === ''
        ? null
        : question('what-if', {
            from: new Date(range.from).toISOString(),
            to: new Date(range.to).toISOString(),
            feature: feature || undefined,
            model,
          }),
    [feature, model, choice],
  );
  return useAnswer<WhatIf>(asked);
}

function namesIn(breakdown: Breakdown | null, by: 'feature' | 'model'): readonly string[] {
  return (breakdown?.groups ?? []).flatMap(({ names }) => names[by] || []);
}
