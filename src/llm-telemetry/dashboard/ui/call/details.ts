import type { AttemptRecord, CallDetail } from '../../api/index.js';
import { counted, duration, wholeCount } from '../formats/formats.js';
import { tokensPerSecond } from './facts.js';
import { rateLimitTexts } from './rate-limits.js';

/** One thing that is known of an attempt, or of its call. */
export interface Detail {
  readonly name: string;
  readonly value: string;
  /** An id: shown as it is, and to be copied. */
  readonly id: boolean;
}

/** What is known; what is not there is left out. */
export function detailsOf({ record }: CallDetail, attempt: AttemptRecord | null): readonly Detail[] {
  const { identity, route, attributes, trace } = record;
  const found: Array<readonly [name: string, value: string | null | undefined, id?: 'id']> = [
    ['Trace', trace?.traceId, 'id'],
    ['Request id', attempt?.requestId, 'id'],
    ['Response id', attempt?.responseId, 'id'],
    ['Timing', attempt && timing(attempt)],
    ['Model', attempt && models(attempt)],
    ['Request', attempt && parameters(attempt)],
    ['Server', attempt?.server && serverText(attempt.server)],
    ['Limits left', attempt && limits(attempt)],
    ['Route', route],
    ['User', identity.userId],
    ['Tenant', identity.tenantId],
    ['Session', identity.sessionId],
    ['Budget', record.budgetExceeded && 'exceeded when the call started'],
    ...Object.entries(attributes).map(
      ([name, value]) => [name, value === undefined ? null : String(value)] as const,
    ),
  ];
  return found.flatMap(([name, value, id]) => (value ? [{ name, value, id: id === 'id' }] : []));
}

function timing(attempt: AttemptRecord): string {
  const { durationMs, timeToFirstChunkMs, timeToFirstTokenMs, failure, status } = attempt;
  if (failure && (status === null || status >= 400)) return `failed after ${duration(durationMs)}`;
  if (timeToFirstChunkMs === null && timeToFirstTokenMs === null)
    return `${duration(durationMs)}, in one piece`;
  const rate = tokensPerSecond(attempt);
  const rest = timeToFirstTokenMs === null ? null : durationMs - timeToFirstTokenMs;
  return [
    timeToFirstChunkMs !== null && `headers ${duration(timeToFirstChunkMs)}`,
    timeToFirstTokenMs !== null && `first token ${duration(timeToFirstTokenMs)}`,
    rest !== null && `then ${duration(rest)}${rate === null ? '' : ` at ${rate} tokens/s`}`,
  ]
    .filter(Boolean)
    .join(', ');
}

function models({ requestModel, responseModel, provider }: AttemptRecord): string {
  const asked = requestModel ?? 'none asked for';
  const answered = responseModel && responseModel !== requestModel ? `, answered by ${responseModel}` : '';
  return `${asked}${answered} (${provider})`;
}

function parameters({ parameters: asked }: AttemptRecord): string {
  const values: ReadonlyArray<readonly [name: string, value: number | string | undefined]> = [
    ['temperature', asked.temperature],
    ['max_tokens', asked.maxTokens === undefined ? undefined : wholeCount(asked.maxTokens)],
    ['top_p', asked.topP],
    ['top_k', asked.topK],
    ['frequency_penalty', asked.frequencyPenalty],
    ['presence_penalty', asked.presencePenalty],
    ['seed', asked.seed],
    ['n', asked.choiceCount],
    ['service_tier', asked.serviceTier],
    ['dimensions', asked.dimensions],
  ];
  return [
    ...values.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])),
    ...(asked.stopSequences?.length ? [counted(asked.stopSequences.length, 'stop sequence')] : []),
    asked.stream ? 'stream' : 'no stream',
  ].join(', ');
}

function serverText({ address, port }: NonNullable<AttemptRecord['server']>): string {
  return port === null || port === 443 ? address : `${address}:${port}`;
}

function limits({ rateLimits, startedAt, durationMs }: AttemptRecord): string {
  return rateLimitTexts(rateLimits, startedAt + durationMs).join('; ');
}
