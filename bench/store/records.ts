import type { CallRecord, Usage } from 'nestjs-llm-telemetry';

/** Features, each with an operation and its share of the calls. */
const FEATURES: ReadonlyArray<readonly [feature: string, operation: string, share: number]> = [
  ['support_chat', 'reply', 0.4],
  ['ticket_routing', 'classify', 0.25],
  ['search_answers', 'answer', 0.2],
  ['order_dashboard', 'summarize', 0.1],
  ['nightly_report', 'draft', 0.0499],
  ['contract_review', 'compare', 0.0001],
];
const MODELS = ['gpt-4o-mini-2024-07-18', 'gpt-4o-2024-08-06', 'claude-haiku-4-5-20251001', 'qwen3-32b'];
const TENANTS = Array.from({ length: 200 }, (_, index) => `tenant-${index}`);

/** Generates realistic call records from a seed. Ids are as random as real ones, because databases compress them. */
export class Records {
  private state: number;
  private idState: number;
  private made = 0;

  constructor(seed = 42) {
    this.state = seed;
    this.idState = seed;
  }

  next(endedAt: number): CallRecord {
    const [feature, operation] = this.pick();
    const model = MODELS[Math.floor(this.random() ** 2 * MODELS.length)]!;
    const index = this.made++;
    // Durations are differences of `performance.now()`; starts are whole milliseconds.
    const durationMs = toNanoseconds(200 * Math.exp(3 * this.random() ** 2));
    const inputTokens = 100 + Math.floor(this.random() * 3000);
    const outputTokens = 10 + Math.floor(this.random() * 400);
    const priced = model !== 'qwen3-32b';
    const costUsd = priced ? Math.round(inputTokens * 0.15e6 + outputTokens * 0.6e6) / 1e12 : 0;
    const retried = index % 50 === 0;
    const failed = index % 97 === 0;
    const failure = failed ? ({ type: 'rate_limit', errorClass: 'RateLimitError' } as const) : null;
    const streamed = index % 3 === 0;
    const startedAt = Math.round(endedAt - durationMs);
    const parameters = { model, stream: streamed, maxTokens: 400, temperature: 0.2 };
    const attempt: CallRecord['attempts'][number] = {
      attempt: 0,
      isRetry: false,
      operation: 'chat',
      provider: 'openai',
      requestModel: model,
      responseModel: model,
      responseId: `chatcmpl-${this.hex(24)}`,
      requestId: `req_${this.hex(32)}`,
      server: { address: 'api.openai.com', port: 443 },
      parameters,
      startedAt,
      durationMs,
      timeToFirstChunkMs: streamed ? toNanoseconds(durationMs / 3) : null,
      timeToFirstTokenMs: streamed ? toNanoseconds(durationMs / 2) : null,
      timePerOutputChunkMs: streamed ? 12 : null,
      waitedMs: 0,
      waitAskedMs: null,
      status: 200,
      rateLimits: { 'x-ratelimit-remaining-requests': '9999', 'x-ratelimit-remaining-tokens': '199000' },
      ending: 'finished',
      finishReason: 'stop',
      providerFinishReasons: ['stop'],
      failure: null,
      usage: {
        inputTokens,
        cachedInputTokens: 0,
        cacheWriteTokens5m: 0,
        cacheWriteTokens1h: 0,
        cacheWriteTokens12h: 0,
        audioInputTokens: 0,
        imageInputTokens: 0,
        outputTokens,
        reasoningTokens: 0,
        audioOutputTokens: 0,
        imageOutputTokens: 0,
        audioSeconds: 0,
        webSearchRequests: 0,
        toolUses: {},
        serviceTier: 'default',
        speed: null,
        geo: null,
        clamped: false,
        source: 'provider',
        // New parts of `Usage` need not be listed here.
      } as Usage,
      cost: priced
        ? { source: 'table', costUsd, lines: [], pricedAs: model, pricedFrom: 'bench' }
        : { source: 'unknown', reason: `no price for ${model}`, reasonCode: 'unpriced_model' },
      providerCostUsd: null,
      retryAfterMs: null,
      content: null,
    };
    const refused = {
      ...attempt,
      status: 429,
      finishReason: null,
      failure: { type: 'rate_limit', errorClass: 'rate_limit' } as const,
      usage: null,
      cost: null,
      durationMs: 20,
    };
    return {
      feature,
      operation,
      retryIndex: 0,
      isRetry: false,
      startedAt,
      durationMs,
      providerTimeMs: durationMs,
      waitingTimeMs: 0,
      timeToFirstTokenMs: streamed ? toNanoseconds(durationMs / 2) : null,
      trace: { traceId: this.hex(32), spanId: this.hex(16) },
      identity: { userId: `user-${index % 5000}`, tenantId: TENANTS[index % TENANTS.length] },
      route: `POST /${feature}`,
      attributes: {},
      provider: 'openai',
      model,
      requestModel: model,
      parameters,
      usage: failed ? null : attempt.usage,
      cost: failed
        ? { source: null, costUsd: 0 }
        : priced
          ? { source: 'table', costUsd }
          : { source: 'unknown', costUsd: null },
      providerCostUsd: null,
      finishReason: failed ? null : index % 31 === 0 ? 'length' : 'stop',
      truncated: !failed && index % 31 === 0,
      failure,
      attempts: failed
        ? [refused]
        : retried
          ? [refused, { ...attempt, attempt: 1, isRetry: true, waitedMs: 500 }]
          : [attempt],
    };
  }

  private pick(): readonly [string, string, number] {
    let left = this.random();
    return FEATURES.find(([, , share]) => (left -= share) < 0) ?? FEATURES[0]!;
  }

  /** Returns hexadecimal digits, a multiple of eight. */
  private hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.word().toString(16).padStart(8, '0');
    return text;
  }

  /** Returns 32 random bits (Mulberry32). */
  private word(): number {
    this.idState = (this.idState + 0x6d_2b_79_f5) | 0;
    let word = Math.imul(this.idState ^ (this.idState >>> 15), this.idState | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  }

  private random(): number {
    this.state = (this.state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return this.state / 2 ** 32;
  }
}

function toNanoseconds(ms: number): number {
  return Math.round(ms * 1e6) / 1e6;
}
