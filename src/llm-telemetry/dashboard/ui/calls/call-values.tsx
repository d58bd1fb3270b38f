import type { CallRow, CostReasonCode } from '../../api/index.js';
import { callMoney, duration, exactMoney, wholeCount } from '../formats/formats.js';
import { costReasonText } from './cost-reasons.js';

type Priced = Pick<CallRow, 'costUsd' | 'costReasonCode' | 'usageSource'>;

/** Cost of a call, or why it is unknown. */
export function CallCost({ call: { costUsd, costReasonCode, usageSource } }: { call: Priced }) {
  if (costUsd === null || costReasonCode !== null) return <UnknownCost reason={costReasonCode} />;
  const estimated = usageSource === 'estimated';
  return (
    <span title={exactMoney(costUsd) + (estimated ? ', estimated: the provider reported no usage' : '')}>
      {estimated && <span class="muted">~</span>}
      <Usd usd={costUsd} />
    </span>
  );
}

/** Word for an unknown cost, with the reason as tooltip. `null`: no reason was recorded. */
export function UnknownCost({ reason }: { reason: CostReasonCode | null }) {
  return (
    <span class="muted dotted" title={reason === null ? undefined : costReasonText(reason)}>
      {(reason && WORDS[reason]) ?? 'unpriced'}
    </span>
  );
}

const WORDS: Readonly<Partial<Record<CostReasonCode, string>>> = {
  missing_usage: 'no usage',
  no_request: 'unknown',
};

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
