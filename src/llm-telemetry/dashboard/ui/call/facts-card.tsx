import type { CallDetail } from '../../api/index.js';
import { CallCost, CallTokens } from '../calls/call-values.js';
import { factsOf } from './facts.js';

export function FactsCard({ call }: { call: CallDetail }) {
  return (
    <dl class="card facts span-12">
      {factsOf(call).map(({ name, value, line }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {name === 'Cost' ? (
              <CallCost call={call} />
            ) : name === 'Tokens' ? (
              <CallTokens call={call} />
            ) : (
              value
            )}
          </dd>
          <dd>{line}</dd>
        </div>
      ))}
    </dl>
  );
}
