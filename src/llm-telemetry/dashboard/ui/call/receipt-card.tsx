import type { AttemptRecord, CallDetail, CostReasonCode } from '../../api/index.js';
import { UnknownCost, Usd } from '../calls/call-values.js';
import { exactMoney } from '../formats/formats.js';
import { exactText, receiptOf, STEP_USD, type LineCost } from './receipt.js';

export function ReceiptCard({ call, attempt }: { call: CallDetail; attempt: AttemptRecord }) {
  const { source, rows, total, note } = receiptOf(attempt);
  const exact = exactText(call, attempt);
  const reason = attempt.cost?.source === 'unknown' ? attempt.cost.reasonCode : null;
  const title = call.batch ? 'What it cost' : `What attempt ${attempt.attempt + 1} cost`;
  return (
    <section class="card panel span-7 receipt-card" aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        <span class="muted">{source}</span>
      </div>
      {total && (
        <table class="receipt">
          <caption class="sr">{title}</caption>
          <thead>
            <tr>
              <th scope="col">
                <span class="sr">Part</span>
              </th>
              <th scope="col" class="num">
                Tokens
              </th>
              <th scope="col" class="num">
                USD per 1M
              </th>
              <th scope="col" class="num">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ label, quantity, rate, cost, within }) => (
              <tr key={label} class={within ? 'within' : undefined}>
                <th scope="row">{label}</th>
                <td class="num">{quantity}</td>
                <td class="num">{rate}</td>
                <td class="num">
                  <Amount cost={cost} reason={reason} />
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Total</th>
              <td class="num">{total.tokens}</td>
              <td />
              <td class="num">
                <Amount cost={total.cost} reason={reason} />
              </td>
            </tr>
          </tfoot>
        </table>
      )}
      <p class="receipt-note">
        {note}
        {exact && <> {exact}</>}
      </p>
    </section>
  );
}

/** Amount of a line, with the exact value as tooltip. */
function Amount({ cost, reason }: { cost: LineCost; reason: CostReasonCode | null }) {
  if (cost === 'part') return null;
  if (cost === null) return <UnknownCost reason={reason} />;
  const { steps, usd } = cost;
  return (
    <span title={exactMoney(usd)}>
      <Usd usd={steps === 0 ? usd : steps * STEP_USD} />
    </span>
  );
}
