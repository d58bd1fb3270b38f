import type { WhatIf } from '../../api/index.js';
import { money } from '../formats/formats.js';
import { CONFIDENCE_TEXTS, coverageText, differenceText } from './what-if-texts.js';

/** Actual and hypothetical spend, with coverage and confidence. */
export function WhatIfComparison({ whatIf }: { whatIf: WhatIf }) {
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
