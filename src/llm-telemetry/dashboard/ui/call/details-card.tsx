import type { AttemptRecord, CallDetail } from '../../api/index.js';
import { CopyButton } from '../components/buttons.js';
import { counted, duration, wholeCount } from '../formats/formats.js';
import { tokensPerSecond } from './facts.js';
import { rateLimitTexts } from './rate-limits.js';

export function DetailsCard({ call, attempt }: { call: CallDetail; attempt: AttemptRecord | null }) {
  return (
    <section class="card panel span-5" aria-label="Details">
      <div class="panel-head">
        <h2>Details</h2>
      </div>
      <dl class="details">
        {detailsOf(call, attempt).map(({ name, value, id }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {id ? (
                <>
                  <span class="mono">{value}</span>
                  <CopyButton text={value} what={name.toLowerCase()} />
                </>
              ) : (
                value
              )}
            </dd>
          </div>
        ))}
        <div>
          <dt>Content</dt>
          <dd class={attempt?.content ? undefined : 'muted'}>
            {attempt?.content ? (
              <a class="link" href="#content">
                Below
              </a>
            ) : (
              'Not recorded. Content is opt-in.'
            )}
          </dd>
        </div>
      </dl>
    </section>
  );
}

/** Detail of an attempt or its call. */
export interface Detail {
  readonly name: string;
  readonly value: string;
  /** True for ids, which can be copied. */
  readonly id: boolean;
}

/** Returns the known details; missing values are omitted. */
export function detailsOf(call: CallDetail, attempt: AttemptRecord | null): readonly Detail[] {
  const { record, service, version, environment } = call;
  const { identity, route, attributes, trace } = record;
  const found: Array<readonly [name: string, value: string | null | false | undefined, id?: 'id']> = [
    ['Trace', trace?.traceId, 'id'],
    ['Request id', attempt?.requestId, 'id'],
    ['Response id', attempt?.responseId, 'id'],
    ['Batch', record.batch?.id, 'id'],
    ['Batch item', record.batch && (record.batch.item ?? 'the sum of all items')],
    ['Timing', attempt && !record.batch && timing(attempt)],
    ['Model', attempt && models(attempt)],
    ['Request', attempt && !record.batch && parameters(attempt)],
    ['Server', attempt?.server && serverText(attempt.server)],
    ['Rate limits', attempt && limits(attempt)],
    ['Route', route],
    ['User', identity.userId],
    ['Tenant', identity.tenantId],
    ['Session', identity.sessionId],
    ['Service', [[service, version].filter(Boolean).join(' '), environment].filter(Boolean).join(', ')],
    ['Instance', call.instance],
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
    return `${duration(durationMs)}, not streamed`;
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
  // The request of an item of a batch is not known.
  if (requestModel === null && responseModel !== null) return `${responseModel} (${provider})`;
  const requested = requestModel ?? 'no model';
  const response = responseModel && responseModel !== requestModel ? `, response by ${responseModel}` : '';
  return `${requested}${response} (${provider})`;
}

function parameters({ parameters: request }: AttemptRecord): string {
  const values: ReadonlyArray<readonly [name: string, value: number | string | undefined]> = [
    ['temperature', request.temperature],
    ['max_tokens', request.maxTokens === undefined ? undefined : wholeCount(request.maxTokens)],
    ['top_p', request.topP],
    ['top_k', request.topK],
    ['frequency_penalty', request.frequencyPenalty],
    ['presence_penalty', request.presencePenalty],
    ['seed', request.seed],
    ['n', request.choiceCount],
    ['service_tier', request.serviceTier],
    ['dimensions', request.dimensions],
  ];
  return [
    ...values.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])),
    ...(request.stopSequences?.length ? [counted(request.stopSequences.length, 'stop sequence')] : []),
    request.stream ? 'stream' : 'no stream',
  ].join(', ');
}

function serverText({ address, port }: NonNullable<AttemptRecord['server']>): string {
  return port === null || port === 443 ? address : `${address}:${port}`;
}

function limits({ rateLimits, startedAt, durationMs }: AttemptRecord): string {
  return rateLimitTexts(rateLimits, startedAt + durationMs).join('; ');
}
