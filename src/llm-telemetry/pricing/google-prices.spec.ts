import type { Cost } from '../calls/cost.js';
import { NO_USAGE, type Usage } from '../wire/usage.js';
import { createPricer } from './pricer.js';

const NOVEMBER_2026 = Date.UTC(2026, 10, 20);

function cost(provider: string, model: string, counts: Partial<Usage>): Cost {
  return createPricer().price({ provider, model, usage: { ...NO_USAGE, ...counts }, at: NOVEMBER_2026 });
}

// Source: Gemini API pricing page, November 2026.
describe('cost of Gemini', () => {
  it.each<[string, string, Partial<Usage>, number]>([
    // 600 × $0.30 + 400 × $0.03 + 1,000 × $2.50 a million
    [
      'gcp.gemini',
      'gemini-2.5-flash',
      { inputTokens: 1000, cachedInputTokens: 400, outputTokens: 1000 },
      0.002692,
    ],
    ['gcp.gemini', 'models/gemini-2.5-flash', { inputTokens: 1000 }, 0.0003],
    ['gcp.vertex_ai', 'publishers/google/models/gemini-2.5-flash', { inputTokens: 1000 }, 0.0003],
    ['gcp.vertex_ai', 'gemini-2.0-flash-001', { inputTokens: 1000 }, 0.0001],
    // Audio costs $1 a million, images as much as text.
    ['gcp.gemini', 'gemini-2.5-flash', { inputTokens: 1000, audioInputTokens: 500 }, 0.00065],
    ['gcp.gemini', 'gemini-2.5-flash', { inputTokens: 1000, imageInputTokens: 258 }, 0.0003],
    // Cached audio costs $0.10 a million, cached text $0.03 (lobehub/lobehub#18647, BerriAI/litellm#19488).
    [
      'gcp.gemini',
      'gemini-2.5-flash',
      { inputTokens: 1000, cachedInputTokens: 100, cachedAudioInputTokens: 500 },
      0.000173,
    ],
    ['gcp.vertex_ai', 'gemini-2.5-flash-lite', { inputTokens: 1000, cachedAudioInputTokens: 1000 }, 0.00003],
    // One price for all modalities: $1.25, cached $0.125.
    ['gcp.vertex_ai', 'gemini-2.5-pro', { inputTokens: 1000, audioInputTokens: 800 }, 0.00125],
    ['gcp.gemini', 'gemini-2.5-pro', { inputTokens: 1000, cachedAudioInputTokens: 800 }, 0.00035],
    // Generated images: 1,290 × $30 a million
    ['gcp.gemini', 'gemini-2.5-flash-image', { outputTokens: 1290, imageOutputTokens: 1290 }, 0.0387],
    ['gcp.gemini', 'gemini-embedding-001', { inputTokens: 1000 }, 0.00015],
    ['gcp.gemini', 'gemini-2.5-flash', { inputTokens: 1000, serviceTier: 'standard' }, 0.0003],
    ['gcp.gemini', 'gemini-2.5-flash', { inputTokens: 1000, serviceTier: 'flex' }, 0.00015],
    ['gcp.vertex_ai', 'gemini-2.5-flash', { inputTokens: 1000, serviceTier: 'ON_DEMAND' }, 0.0003],
    ['gcp.vertex_ai', 'gemini-2.5-flash', { inputTokens: 1000, serviceTier: 'ON_DEMAND_FLEX' }, 0.00015],
  ])('of %s, model %s, %j is %d USD', (provider, model, counts, expected) => {
    expect(cost(provider, model, counts)).toEqual(
      expect.objectContaining({ source: 'table', costUsd: expect.closeTo(expected, 12) as number }),
    );
  });

  it.each<[string, string, string, Partial<Usage>]>([
    ['of a tuned model', 'gcp.gemini', 'tunedModels/gemini-2.5-flash-x1', {}],
    ['of an endpoint', 'gcp.vertex_ai', 'endpoints/42', {}],
    ['of another model with the same prefix', 'gcp.gemini', 'gemini-2.5-flash-ultra', {}],
    ['of prepaid capacity', 'gcp.vertex_ai', 'gemini-2.5-flash', { serviceTier: 'PROVISIONED_THROUGHPUT' }],
    ['of the priority tier', 'gcp.gemini', 'gemini-2.5-flash', { serviceTier: 'priority' }],
    ['of audio without a published price', 'gcp.gemini', 'gemini-2.0-flash-lite', { audioInputTokens: 1 }],
    ['of Google Maps', 'gcp.gemini', 'gemini-2.5-flash', { toolUses: { google_maps: 1 } }],
    ['of searches, some of which are free', 'gcp.gemini', 'gemini-2.5-flash', { webSearchRequests: 1 }],
  ])('is unknown %s', (_, provider, model, counts) => {
    expect(cost(provider, model, { inputTokens: 1000, ...counts }).source).toBe('unknown');
  });
});
