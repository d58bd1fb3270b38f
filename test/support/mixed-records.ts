import type { CallRecord } from 'nestjs-llm-telemetry';
import { callRecord } from './call-record.js';

/** Names with characters that SQL, JSON and TSV escape. */
const TENANTS = ['acme', "O'Neil & Söhne", 'tab\tnew\nline', 'back\\slash', '"quoted"', '漢字 🙂', ''];
const MODELS = ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18', 'claude-haiku-4-5@20251001', 'local/model'];
const FEATURES = ['orders', 'support', "it's"];

/**
 * Returns records with every combination of names, failures, retries and models, the same for the same seed. Each ends a
 * while after the preceding one.
 */
export function mixedRecords(count: number, range: { from: number; to: number }, seed = 1): CallRecord[] {
  const random = randomNumbers(seed);
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;
  const step = (range.to - range.from) / count;
  return Array.from({ length: count }, (_, index) => {
    const model = pick(MODELS);
    const failed = random() < 0.15;
    const costUsd = Math.round(random() * 5e10) / 1e12;
    const isUnpriced = random() < 0.1;
    const cost = isUnpriced
      ? ({ source: 'unknown', reason: 'no price', reasonCode: 'unpriced_model' } as const)
      : ({ source: 'table', costUsd, lines: [], pricedAs: model, pricedFrom: 'a test' } as const);
    const refused = {
      failure: { type: pick(['rate_limit', 'timeout'] as const), errorClass: 'APIError' },
      responseModel: null,
      requestModel: pick(MODELS),
      durationMs: exact(random() * 700),
      usage: null,
      cost: random() < 0.5 ? null : { ...cost, ...(cost.source === 'table' && { costUsd: 0.000_123 }) },
    };
    const answered = { cost, responseModel: model, waitedMs: exact(random() * 100) };
    const hasRetry = random() < 0.2;
    return callRecord({
      endedAt: Math.floor(range.from + index * step + random() * step * 0.9),
      durationMs: exact(random() ** 3 * 60_000),
      timeToFirstTokenMs: random() < 0.3 ? exact(random() * 900) : null,
      feature: pick(FEATURES),
      operation: pick(['summarize', 'classify']),
      model,
      route: random() < 0.2 ? null : `POST /r${Math.floor(random() * 4)}`,
      identity: {
        ...(random() < 0.8 && { tenantId: pick(TENANTS) }),
        ...(random() < 0.6 && { userId: `user-${Math.floor(random() * 30)}` }),
      },
      failure: failed ? { type: pick(['timeout', 'aborted', 'rate_limit'] as const), errorClass: 'E' } : null,
      truncated: random() < 0.1,
      finishReason: pick(['stop', 'length', 'tool_calls', 'something_new', null]),
      attributes: { note: pick(['Straße', 'plain text', 'a "quote" and \\', '50% off']), index },
      attempts: hasRetry ? [refused, { ...answered, isRetry: true }] : [answered],
    });
  });
}

/** Rounds to a fraction that adds up exactly both in binary and in millionths. */
function exact(ms: number): number {
  return Math.round(ms * 64) / 64;
}

/** Mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
