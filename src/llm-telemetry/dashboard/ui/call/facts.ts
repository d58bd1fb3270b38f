import type { AttemptRecord, CallDetail, CostReasonCode } from '../../api/index.js';
import { costReasonText } from '../calls/cost-reasons.js';
import { outcomeLine, outcomeOf, type Outcome } from '../calls/outcome.js';
import { exactMoney, counted, duration, percent, wholeCount } from '../formats/formats.js';
import { CACHED_PARTS, sumOfParts } from '../../../wire/usage.js';

/** Fact about a call, with an explanatory line. */
export interface Fact {
  readonly name: 'Cost' | 'Duration' | 'First token' | 'Attempts' | 'Tokens' | 'Finish';
  /** `null` if the value has a separate component (cost, tokens). */
  readonly value: string | null;
  readonly line: string;
}

export function factsOf(call: CallDetail): readonly Fact[] {
  const { record } = call;
  return [
    { name: 'Cost', value: null, line: costLine(call) },
    record.batch
      ? { name: 'Duration', value: '—', line: 'part of a batch' }
      : { name: 'Duration', value: duration(record.durationMs), line: durationLine(call) },
    firstToken(call),
    { name: 'Attempts', value: wholeCount(record.attempts.length), line: attemptsLine(record.attempts) },
    { name: 'Tokens', value: null, line: tokensLine(call) },
    finish(call),
  ];
}

function costLine({ costSource, costReasonCode, record }: CallDetail): string {
  const { attempts, providerCostUsd } = record;
  if (costSource === null) return 'nothing was billed';
  if (costReasonCode !== null) return unknownCostLine(attempts, costReasonCode);
  const costs = attempts.map(({ cost }) => (cost && cost.source !== 'unknown' ? cost.costUsd : 0));
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  // Costs of the attempts before the last one.
  const earlier = costs.slice(0, -1);
  const most = Math.max(0, ...earlier);
  if (most > 0) return `${percent(most / total)} of it on attempt ${earlier.indexOf(most) + 1}`;
  if (providerCostUsd !== null) return `${exactMoney(providerCostUsd)} as the provider says`;
  if (total === 0) return 'it is free';
  const output = attempts
    .flatMap(({ cost }) => (cost && cost.source !== 'unknown' ? cost.lines : []))
    .filter(({ kind }) => /output/i.test(kind))
    .reduce((sum, { costUsd }) => sum + costUsd, 0);
  return `${percent(output / total)} of it for output`;
}

function unknownCostLine(attempts: readonly AttemptRecord[], reason: CostReasonCode): string {
  const unpriced = attempts.filter(({ cost }) => cost?.source === 'unknown');
  const line = lower(costReasonText(reason));
  if (attempts.length < 2 || unpriced.length === 0) return line;
  const isSame = unpriced.every(({ cost }) => cost?.source === 'unknown' && cost.reasonCode === reason);
  return isSame ? `${listed(unpriced)}: ${line}` : `unknown for ${listed(unpriced)}`;
}

function durationLine({ record }: CallDetail): string {
  const { attempts, durationMs, providerTimeMs } = record;
  const [first, last] = [attempts[0], attempts.at(-1)];
  if (!first || !last) return 'without any request';
  const lost = last.startedAt - first.startedAt;
  if (last.isRetry && lost > 0) return `${duration(lost)} lost to retries`;
  const share = providerTimeMs / durationMs;
  // Concurrent attempts are counted separately, so the share can exceed 1.
  return durationMs > 0 && share <= 1 ? `${percent(share)} of it at the provider` : 'from start to end';
}

function firstToken({ record, timeToFirstTokenMs }: CallDetail): Fact {
  const name = 'First token';
  if (timeToFirstTokenMs === null) {
    if (record.batch) return { name, value: '—', line: 'part of a batch' };
    const streamed = record.attempts.some(({ parameters }) => parameters.stream);
    return { name, value: '—', line: streamed ? 'none came' : 'not streamed' };
  }
  const since = ({ startedAt, timeToFirstTokenMs: after }: AttemptRecord): number =>
    startedAt - record.startedAt + (after ?? Infinity);
  const off = (attempt: AttemptRecord): number => Math.abs(since(attempt) - timeToFirstTokenMs);
  const [attempt] = [...record.attempts].sort((a, b) => off(a) - off(b));
  if (!attempt || attempt.timeToFirstTokenMs === null)
    return { name, value: duration(timeToFirstTokenMs), line: 'from the start of the call' };
  const rate = tokensPerSecond(attempt);
  const line =
    record.attempts.length > 1
      ? `${duration(attempt.timeToFirstTokenMs)} into attempt ${attempt.attempt + 1}`
      : rate === null
        ? 'from the start of the call'
        : `then ${rate} tokens/s`;
  return { name, value: duration(timeToFirstTokenMs), line };
}

/** Formats the output tokens per second after the first token; `null` if not streamed or not measurable. */
export function tokensPerSecond({ usage, durationMs, timeToFirstTokenMs }: AttemptRecord): string | null {
  if (timeToFirstTokenMs === null || usage === null || usage.outputTokens === 0) return null;
  const seconds = (durationMs - timeToFirstTokenMs) / 1000;
  if (seconds < 0.01) return null;
  const sign = usage.source === 'estimated' ? '~' : '';
  return sign + wholeCount(usage.outputTokens / seconds);
}

function attemptsLine(attempts: readonly AttemptRecord[]): string {
  if (attempts.length === 0) return 'no request was observed';
  const failures = new Map<string, number>();
  for (const { failure } of attempts)
    if (failure) failures.set(failure.type, (failures.get(failure.type) ?? 0) + 1);
  if (failures.size > 0) return [...failures].map(([type, times]) => `${times} ${type}`).join(', ');
  return attempts.length === 1 ? 'without a retry' : 'none failed';
}

function tokensLine({ record, usageSource }: CallDetail): string {
  const { usage, attempts, cost } = record;
  if (usage === null)
    return cost.source === 'unknown' ? 'no model request was observed' : 'nothing was billed';
  if (usageSource === 'missing') return 'the provider reported none';
  const estimated = attempts.filter((attempt) => attempt.usage?.source === 'estimated');
  const billed = attempts.filter((attempt) => attempt.usage !== null);
  if (estimated.length > 0)
    return estimated.length === billed.length
      ? 'estimated: none were reported'
      : `${listed(estimated)} ${estimated.length === 1 ? 'is' : 'are'} estimated`;
  const missing = attempts.filter((attempt) => attempt.usage?.source === 'missing');
  if (missing.length > 0) return `without ${listed(missing)}, which has none`;
  const cached = usage.cachedInputTokens === null ? 0 : sumOfParts(usage, CACHED_PARTS);
  if (cached > 0) return `${percent(cached / usage.inputTokens)} of the input from cache`;
  if (usage.reasoningTokens) return `${wholeCount(usage.reasoningTokens)} of the output is reasoning`;
  return 'reported by the provider';
}

function finish({ record, outcome }: CallDetail): Fact {
  const word = record.failure?.type ?? record.finishReason ?? outcome;
  return {
    name: 'Finish',
    value: word === 'aborted' ? 'cancelled' : word,
    line: outcomeLine(word, record.parameters?.maxTokens),
  };
}

/** Lists attempts: `attempt 2`, `attempts 1 and 3`, `4 attempts`. */
function listed(attempts: readonly AttemptRecord[]): string {
  const [first, second] = attempts.map(({ attempt }) => attempt + 1);
  if (attempts.length === 1) return `attempt ${first}`;
  return attempts.length === 2 ? `attempts ${first} and ${second}` : counted(attempts.length, 'attempt');
}

/** Returns the outcome of an attempt: HTTP status, and error type or finish reason. */
export function attemptOutcome({ status, ending, failure, finishReason }: AttemptRecord): Outcome {
  const answered = status !== null && status < 400;
  const head = status === null ? '' : `${status} `;
  if (failure) {
    const type = failure.type === 'aborted' ? 'cancelled' : failure.type;
    const text = answered ? `${status}, then ${type}` : `${head}${type}`;
    return type === 'cancelled'
      ? { tone: 'quiet', icon: 'dot', text }
      : { tone: 'bad', icon: 'cross', text: status === null ? `${type}, no response` : text };
  }
  if (ending === 'left') return { tone: 'quiet', icon: 'dot', text: `${head}abandoned` };
  if (ending === 'unread') return { tone: 'quiet', icon: 'dot', text: `${head}not read` };
  const reason = finishReason === null || finishReason === 'stop' ? 'ok' : finishReason;
  const outcome = outcomeOf({ outcome: reason, failed: false, truncated: false });
  return reason === 'ok'
    ? { ...outcome, text: `${head}OK` }
    : { ...outcome, text: head + lower(outcome.text) };
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
