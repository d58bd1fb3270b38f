import { useState } from 'preact/hooks';
import type { CallPage } from '../../api/index.js';
import { apiPath, measureParameters } from '../api/api-path.js';
import { useApi } from '../api/use-api.js';
import { costReasonText, UNPRICED_REASONS } from '../calls/cost-reasons.js';
import { counted, wholeCount } from '../formats/formats.js';
import { nameText } from '../formats/names.js';
import { useClock } from '../state/clock.js';
import { Link, useNavigation } from '../state/navigation.js';
import { Documentation } from '../components/documentation.js';
import { countReasons, remedyOf } from './unpriced-reasons.js';

/** Calls whose reasons are counted. */
const LATEST = 200;

/** Reasons of the latest unpriced calls, and how to set a price. `model`: the one with most of them. */
export function UnpricedHelp({ model }: { model: string | null }) {
  const { state } = useNavigation();
  const { range } = useClock();
  // Fixed, because the range moves on while the popover is open.
  const [path] = useState(() =>
    apiPath('calls', {
      ...measureParameters(range, state),
      costReasonCode: UNPRICED_REASONS,
      limit: LATEST,
    }),
  );
  const { data, loading } = useApi<CallPage>(path);
  if (loading) return <p class="option muted">Loading…</p>;
  const calls = data?.calls ?? [];
  const reasons = countReasons(calls);
  const [top = 'unpriced_model'] = reasons.keys();
  const call = calls.find(({ costReasonCode }) => costReasonCode === top);
  const [units, lines] = remedyOf(top);
  const entry = lines.map((line) => `        ${line},\n`).join('');
  return (
    <div class="hint-popup sections">
      {calls.length > 0 && (
        <section>
          <b>{data?.next ? `Reasons of the latest ${counted(calls.length, 'call')}` : 'Reasons'}</b>
          <dl class="counts">
            {[...reasons].map(([reason, count]) => (
              <div key={reason}>
                <dt>
                  <Link class="link" to={{ place: { page: 'calls' }, costReason: [reason] }}>
                    {costReasonText(reason)}
                  </Link>
                </dt>
                <dd>{wholeCount(count)}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <section>
        <p>{units}, in the module's options:</p>
        <pre class="code" tabIndex={0} aria-label="Example">
          {`LlmTelemetryModule.forRoot({\n  pricing: {\n    overrides: {\n      '${nameText(call?.model ?? model)}': {\n${entry}      },\n    },\n  },\n})`}
        </pre>
        <p>
          <Documentation page="cost.md#unknown-costs" />
        </p>
      </section>
    </div>
  );
}
