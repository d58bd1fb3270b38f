import type { AttemptRecord, CallRecord, Cost } from '../../src/llm-telemetry/dashboard/api/index.js';
import { NO_USAGE } from '../../src/llm-telemetry/wire/usage.js';

/** USD per million tokens: input, input from cache, output. */
const PRICES: Readonly<Record<string, readonly [number, number, number]>> = {
  'gpt-4o': [2.5, 1.25, 10],
  'gpt-4o-mini': [0.15, 0.075, 0.6],
  'claude-sonnet-4-6': [3, 0.3, 15],
};

/** Returns a completed streaming attempt of gpt-4o with changes. */
export function attemptOf(changes: Partial<AttemptRecord> & { cached?: number } = {}): AttemptRecord {
  const { cached = 0, ...rest } = changes;
  const model = rest.requestModel ?? 'gpt-4o';
  const attempt: AttemptRecord = {
    attempt: 0,
    isRetry: false,
    operation: 'chat',
    provider: model.startsWith('claude') ? 'anthropic' : 'openai',
    requestModel: model,
    responseModel: model === 'gpt-4o' ? 'gpt-4o-2024-08-06' : model,
    responseId: 'chatcmpl-9yPc',
    requestId: 'req_0c51d7a1e0f24',
    server: { address: 'api.openai.com', port: 443 },
    parameters: { model, stream: true, maxTokens: 1024, temperature: 0.2 },
    startedAt: 0,
    durationMs: 1090,
    timeToFirstChunkMs: 210,
    timeToFirstTokenMs: 240,
    timePerOutputChunkMs: 20,
    waitedMs: 0,
    waitAskedMs: null,
    status: 200,
    rateLimits: {},
    ending: 'finished',
    finishReason: 'stop',
    providerFinishReasons: ['stop'],
    failure: null,
    usage: usageOf(612, 148, cached),
    cost: null,
    providerCostUsd: null,
    retryAfterMs: null,
    content: null,
    ...rest,
  };
  return rest.cost === undefined ? { ...attempt, cost: costOf(attempt) } : attempt;
}

export function usageOf(
  inputTokens: number,
  outputTokens: number,
  cachedInputTokens = 0,
  source: 'provider' | 'estimated' | 'missing' = 'provider',
): NonNullable<AttemptRecord['usage']> {
  return {
    ...NO_USAGE,
    inputTokens,
    cachedInputTokens,
    outputTokens,
    serviceTier: 'default',
    source,
  };
}

function costOf({ usage, requestModel, responseModel }: AttemptRecord): Cost | null {
  if (usage === null) return null;
  const prices = PRICES[requestModel ?? ''];
  if (!prices)
    return { source: 'unknown', reason: `no price for ${requestModel}`, reasonCode: 'unpriced_model' };
  const [input, cached, output] = prices;
  const lines = (
    [
      ['input', usage.inputTokens - (usage.cachedInputTokens ?? 0), input],
      ['cachedInput', usage.cachedInputTokens ?? 0, cached],
      ['output', usage.outputTokens, output],
    ] as const
  )
    .filter(([, quantity]) => quantity > 0)
    .map(([kind, quantity, usdPerUnit]) => ({
      kind,
      quantity,
      usdPerUnit,
      costUsd: (quantity * Math.round(usdPerUnit * 1e6)) / 1e12,
    }));
  return {
    source: 'table',
    costUsd: lines.reduce((sum, { costUsd }) => sum + costUsd, 0),
    lines,
    pricedAs: responseModel ?? requestModel ?? '',
    pricedFrom: 'genai-prices of 18 Nov 2026',
  };
}

/** Returns a call with these attempts. Their `startedAt` is relative to the start of the call. */
export function callOf(
  attempts: readonly AttemptRecord[],
  { startedAt = 0, ...changes }: Partial<CallRecord> = {},
): CallRecord {
  const placed = attempts.map((attempt, index) => ({
    ...attempt,
    attempt: index,
    startedAt: startedAt + attempt.startedAt,
  }));
  const last = placed.at(-1);
  const answered = placed.findLast(({ status }) => status !== null && status < 400) ?? last;
  const usages = placed.flatMap(({ usage }) => usage ?? []);
  const costs = placed.flatMap(({ cost }) => cost ?? []);
  const known = costs.every(({ source }) => source !== 'unknown');
  const first = placed.findLast(({ timeToFirstTokenMs }) => timeToFirstTokenMs !== null);
  return {
    feature: 'support_chat',
    operation: 'reply',
    retryIndex: 0,
    isRetry: false,
    startedAt,
    durationMs: Math.max(0, ...attempts.map((one) => one.startedAt + one.durationMs)),
    providerTimeMs: sum(attempts.map(({ durationMs }) => durationMs)),
    waitingTimeMs: sum(attempts.map(({ waitedMs }) => waitedMs)),
    timeToFirstTokenMs: first ? first.startedAt + first.timeToFirstTokenMs! - startedAt : null,
    trace: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' },
    identity: { userId: 'u_8841', tenantId: 'acme-eu' },
    route: 'POST /support/:id/reply',
    attributes: {},
    provider: answered?.provider ?? null,
    model: answered?.responseModel ?? answered?.requestModel ?? null,
    requestModel: answered?.requestModel ?? null,
    parameters: answered?.parameters ?? null,
    usage:
      usages.length === 0
        ? null
        : {
            ...usageOf(
              sum(usages.map(({ inputTokens }) => inputTokens)),
              sum(usages.map(({ outputTokens }) => outputTokens)),
              sum(usages.map(({ cachedInputTokens }) => cachedInputTokens ?? 0)),
            ),
            source:
              (['missing', 'estimated'] as const).find((source) =>
                usages.some((one) => one.source === source),
              ) ?? 'provider',
          },
    cost: costOfCall(placed.length, costs, known),
    providerCostUsd: null,
    finishReason: last?.finishReason ?? null,
    truncated: last?.finishReason === 'length',
    failure: last?.failure ?? null,
    attempts: placed,
    ...changes,
  };
}

/** Returns a call with three attempts: rate-limited, timed out while streaming, truncated. */
export function retriedCall(startedAt = 0): CallRecord {
  return callOf(
    [
      attemptOf({
        startedAt: 24,
        durationMs: 212,
        status: 429,
        ending: 'failed',
        finishReason: null,
        failure: { type: 'rate_limit', errorClass: 'RateLimitError' },
        timeToFirstChunkMs: null,
        timeToFirstTokenMs: null,
        usage: null,
        retryAfterMs: 1000,
      }),
      attemptOf({
        startedAt: 1236,
        durationMs: 2560,
        isRetry: true,
        waitedMs: 1000,
        waitAskedMs: 1000,
        ending: 'cut',
        finishReason: null,
        failure: { type: 'timeout', errorClass: 'APIConnectionTimeoutError' },
        timeToFirstChunkMs: 324,
        timeToFirstTokenMs: 854,
        usage: usageOf(4812, 412, 1536, 'estimated'),
      }),
      attemptOf({
        startedAt: 4316,
        durationMs: 9080,
        isRetry: true,
        waitedMs: 520,
        finishReason: 'length',
        timeToFirstChunkMs: 444,
        timeToFirstTokenMs: 1120,
        usage: usageOf(4812, 1024, 1536),
      }),
    ],
    { startedAt, durationMs: 13_420 },
  );
}

/** Recorded content of an application that has opted in, including untrusted HTML. */
const CONTENT: AttemptRecord['content'] = {
  systemInstructions: [{ type: 'text', content: 'You answer customers of a shop for espresso cups.' }],
  inputMessages: [
    { role: 'user', parts: [{ type: 'text', content: 'Where is my order? <img src=x onerror=alert(1)>' }] },
    {
      role: 'assistant',
      parts: [{ type: 'tool_call', id: 'call_1', name: 'find_order', arguments: '{"number":10457}' }],
    },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: 'On its way to Lyon.' }] },
  ],
  outputMessages: [
    {
      role: 'assistant',
      parts: [{ type: 'text', content: 'Your order is on its way to Lyon.\n\nIt arrives on Friday.' }],
      finish_reason: 'stop',
    },
  ],
  truncated: true,
};

/** Kinds of calls, which repeat. The newest call is of the first kind. */
export const KINDS: ReadonlyArray<(startedAt: number) => CallRecord> = [
  retriedCall,
  (startedAt) => simple(startedAt, ['order_dashboard', 'summarize'], 'gpt-4o-mini', 1090, [612, 148]),
  (startedAt) => simple(startedAt, ['ticket_routing', 'classify'], 'qwen3-32b', 402, [388, 12]),
  (startedAt) =>
    callOf(
      [
        attemptOf({
          requestModel: 'gpt-4o-mini',
          usage: usageOf(1904, 201),
          durationMs: 874,
          content: CONTENT,
        }),
      ],
      {
        startedAt,
        feature: 'search_answers',
        operation: 'answer',
      },
    ),
  (startedAt) =>
    callOf(
      [
        attemptOf({
          requestModel: 'gpt-4o-mini',
          usage: usageOf(1388, 200),
          durationMs: 2140,
          finishReason: 'length',
        }),
      ],
      { startedAt, feature: 'order_dashboard', operation: 'summarize' },
    ),
  (startedAt) => {
    const refused = {
      status: 429,
      ending: 'failed' as const,
      finishReason: null,
      failure: { type: 'rate_limit' as const, errorClass: 'RateLimitError' },
      timeToFirstChunkMs: null,
      timeToFirstTokenMs: null,
      usage: null,
      durationMs: 180,
    };
    return callOf(
      [
        attemptOf(refused),
        attemptOf({ ...refused, startedAt: 1180, isRetry: true, waitedMs: 1000, waitAskedMs: 1000 }),
        attemptOf({ ...refused, startedAt: 3940, isRetry: true, waitedMs: 2580 }),
      ],
      { startedAt },
    );
  },
  (startedAt) => simple(startedAt, ['contract_review', 'extract'], 'claude-sonnet-4-6', 7610, [18_240, 1630]),
  (startedAt) =>
    callOf(
      [
        attemptOf({
          requestModel: 'gpt-4o-mini',
          usage: usageOf(902, 31),
          durationMs: 366,
          finishReason: 'tool_calls',
          timeToFirstChunkMs: null,
          timeToFirstTokenMs: null,
          parameters: { model: 'gpt-4o-mini', stream: false },
        }),
      ],
      { startedAt, operation: 'triage' },
    ),
  (startedAt) =>
    callOf(
      [
        attemptOf({
          usage: usageOf(640, 96, 0, 'estimated'),
          durationMs: 1240,
          ending: 'left',
          finishReason: 'cancelled',
        }),
      ],
      { startedAt, feature: 'unattributed', operation: 'chat' },
    ),
  (startedAt) =>
    callOf([attemptOf({ usage: usageOf(2210, 38), durationMs: 1930, finishReason: 'refusal' })], {
      startedAt,
    }),
  (startedAt) => simple(startedAt, ['search_answers', 'answer'], 'gpt-4o-mini', 1010, [1711, 188]),
  (startedAt) =>
    callOf(
      [
        attemptOf({
          status: null,
          ending: 'failed',
          finishReason: null,
          failure: { type: 'connection', errorClass: 'APIConnectionError' },
          requestModel: 'gpt-4o-mini',
          requestId: null,
          timeToFirstChunkMs: null,
          timeToFirstTokenMs: null,
          usage: null,
          durationMs: 310,
        }),
        attemptOf({
          requestModel: 'gpt-4o-mini',
          startedAt: 900,
          isRetry: true,
          waitedMs: 590,
          durationMs: 1480,
          usage: usageOf(590, 131),
        }),
      ],
      { startedAt, feature: 'order_dashboard', operation: 'summarize' },
    ),
];

function simple(
  startedAt: number,
  [feature, operation]: readonly [string, string],
  model: string,
  durationMs: number,
  [input, output]: readonly [number, number],
): CallRecord {
  return callOf([attemptOf({ requestModel: model, usage: usageOf(input, output), durationMs })], {
    startedAt,
    feature,
    operation,
  });
}

function costOfCall(attempts: number, costs: readonly Cost[], known: boolean): CallRecord['cost'] {
  if (attempts === 0 || !known) return { source: 'unknown', costUsd: null };
  if (costs.length === 0) return { source: null, costUsd: 0 };
  return {
    source: 'table',
    costUsd: sum(costs.map((cost) => (cost.source === 'unknown' ? 0 : cost.costUsd))),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
