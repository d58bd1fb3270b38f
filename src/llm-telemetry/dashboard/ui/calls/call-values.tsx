import type { CallRow } from '../../api/index.js';
import { callMoney, duration, exactMoney, wholeCount } from '../formats/formats.js';

type Priced = Pick<CallRow, 'costUsd' | 'costSource' | 'usageSource'>;

/** Cost of a call, or why it is unknown. */
export function CallCost({ call: { costUsd, costSource, usageSource } }: { call: Priced }) {
  if (usageSource === 'missing') return <Unknown text="no usage" title="The provider reported no usage" />;
  if (costSource === 'unknown' && usageSource === null)
    return <Unknown text="unknown" title="No model request was observed" />;
  if (costUsd === null || costSource === 'unknown') return <Unpriced />;
  const estimated = usageSource === 'estimated';
  return (
    <span title={exactMoney(costUsd) + (estimated ? ', estimated: the provider reported no usage' : '')}>
      {estimated && <span class="muted">~</span>}
      <Usd usd={costUsd} />
    </span>
  );
}

export function Unpriced() {
  return <Unknown text="unpriced" title="No known price for this model" />;
}

function Unknown({ text, title }: { text: string; title: string }) {
  return (
    <span class="muted dotted" title={title}>
      {text}
    </span>
  );
}

/** Duration of a call. Items of batches have none. */
export function CallDuration({
  call: { durationMs, batch },
}: {
  call: Pick<CallRow, 'durationMs' | 'batch'>;
}) {
  return batch ? <span class="muted">batch</span> : duration(durationMs);
}

/** Amount with five decimals, so that amounts in a column can be compared. */
export function Usd({ usd }: { usd: number }) {
  if (usd === 0) return <span class="muted">$0</span>;
  const { zeros, rest } = callMoney(usd);
  return (
    <>
      <span class="muted">{zeros}</span>
      {rest}
    </>
  );
}

type Counted = Pick<CallRow, 'inputTokens' | 'outputTokens' | 'usageSource'>;

/** `1,904 → 201`. */
export function CallTokens({ call: { inputTokens, outputTokens, usageSource } }: { call: Counted }) {
  if (inputTokens === null || outputTokens === null) return <span class="muted">none reported</span>;
  return (
    <span title={usageSource === 'estimated' ? 'Estimated: the provider reported no usage' : undefined}>
      {usageSource === 'estimated' && <span class="muted">~</span>}
      {wholeCount(inputTokens)}
      <span class="muted"> → </span>
      {wholeCount(outputTokens)}
    </span>
  );
}
