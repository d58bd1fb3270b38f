import type { Cost } from '../calls/cost.js';
import { NO_USAGE, type Usage } from '../wire/usage.js';
import { PRICE_RULES } from './price-rules.js';
import { createPricer } from './pricer.js';
import type { PricingOptions } from './pricing.options.js';

const NOVEMBER_2026 = Date.UTC(2026, 10, 20);
const MILLION = { inputTokens: 1_000_000 };

interface Priced extends Partial<Usage> {
  readonly place?: string | null;
}

function cost(provider: string, model: string, priced: Priced = {}, options: PricingOptions = {}): Cost {
  const { place = null, ...counts } = priced;
  const usage = { ...NO_USAGE, ...MILLION, ...counts };
  return createPricer(options).price({ provider, model, usage, place, at: NOVEMBER_2026 });
}

/** Returns the cost beside that of the same usage without the facts. */
function factorOf(provider: string, model: string, priced: Priced): number | null {
  const [plain, own] = [cost(provider, model), cost(provider, model, priced)];
  if (plain.source === 'unknown') throw new Error(`No price for ${model}`);
  return own.source === 'unknown' ? null : Math.round((own.costUsd / plain.costUsd) * 1e4) / 1e4;
}

describe('service tiers', () => {
  it.each<[string, string, string, number | null]>([
    // sashirestela/simple-openai#345: `on_demand` is Groq's word for the standard tier.
    ['groq', 'llama-3.1-8b-instant', 'on_demand', 1],
    ['groq', 'llama-3.1-8b-instant', 'flex', 1],
    ['groq', 'llama-3.1-8b-instant', 'performance', null],
    ['groq', 'llama-3.1-8b-instant', 'on-demand', null],
    // vercel/ai#18792
    ['x_ai', 'grok-4.6', 'priority', 2],
    ['x_ai', 'grok-4.6', 'default', 1],
    ['openai', 'gpt-4o', 'on_demand', null],
    ['openai', 'gpt-5.5', 'priority', 2.5],
    ['gcp.gemini', 'gemini-2.5-flash', 'flex', 0.5],
    ['gcp.gemini', 'gemini-2.5-flash', 'standard', 1],
    ['gcp.gemini', 'gemini-2.5-flash', 'priority', null],
    ['azure.ai.openai', 'o4-mini', 'flex', 0.5],
    ['azure.ai.openai', 'o4-mini', 'priority', null],
    ['mistral_ai', 'mistral-small-latest', 'constructor', null],
  ])('of %s %s: %s multiplies the price by %s', (provider, model, serviceTier, factor) => {
    expect(factorOf(provider, model, { serviceTier })).toBe(factor);
  });

  it('of Azure have the ratio of OpenAI with the price of the vendor', () => {
    const priced = cost('azure.ai.openai', 'gpt-4.1', { serviceTier: 'priority' }, { fallback: 'vendor' });
    expect(priced).toMatchObject({ costUsd: 3.5 });
  });
});

describe('places', () => {
  it.each<[string, string, string, number | null]>([
    // BerriAI/litellm#34393: regions of Vertex AI cost 10 % more for Claude Sonnet 4.5 and later models.
    ['gcp.vertex_ai', 'claude-sonnet-4-5@20250929', 'us-east5', 1.1],
    ['gcp.vertex_ai', 'claude-sonnet-4-5@20250929', 'global', 1],
    ['gcp.vertex_ai', 'claude-opus-4-8', 'eu', 1.1],
    ['gcp.vertex_ai', 'claude-haiku-4-5@20251001', 'us', 1.1],
    ['gcp.vertex_ai', 'claude-sonnet-4@20250514', 'us-east5', 1],
    ['gcp.vertex_ai', 'claude-opus-4-1@20250805', 'us-east5', 1],
    ['gcp.vertex_ai', 'claude-3-5-haiku@20241022', 'us-east5', 1],
    ['gcp.vertex_ai', 'gemini-2.5-flash', 'europe-west1', 1],
    ['gcp.vertex_ai', 'gemini-3.5-flash', 'eu', 1.1],
    ['gcp.vertex_ai', 'gemini-3-flash-preview', 'eu', null],
    // BerriAI/litellm#28622: OpenAI's regional hosts cost 10 % more for models since March 5, 2026.
    ['openai', 'gpt-5.4', 'eu', 1.1],
    ['openai', 'gpt-5.4-2026-03-05', 'us', 1.1],
    ['openai', 'gpt-6-sol', 'eu', 1.1],
    ['openai', 'gpt-5.2', 'eu', 1],
    ['openai', 'gpt-5', 'eu', 1],
    ['openai', 'gpt-4o-mini', 'us', 1],
    ['openai', 'gpt-4.1', 'us', 1],
    ['openai', 'o3', 'eu', 1],
    ['openai', 'gpt-realtime-2', 'eu', null],
    ['mistral_ai', 'mistral-small-latest', 'eu', 1.1],
    ['mistral_ai', 'mistral-small-latest', 'mars', null],
    ['x_ai', 'grok-4.6', 'us', 1.1],
    ['x_ai', 'grok-4.6', 'eu-west-1', null],
    ['moonshot_ai', 'kimi-k2', 'cn', null],
    // The names in Bedrock's price list tell the place.
    ['aws.bedrock', 'us.anthropic.claude-haiku-4-5-20251001-v1:0', 'us-east-1', 1],
    // The region of Claude Platform on AWS is that of the endpoint; `inference_geo` is that of the inference.
    ['anthropic', 'claude-haiku-4-5', 'us-west-2', 1],
  ])('of %s %s: %s multiplies the price by %s', (provider, model, place, factor) => {
    expect(factorOf(provider, model, { place })).toBe(factor);
  });

  it('multiply the price beside the tier', () => {
    expect(factorOf('openai', 'gpt-5.4', { place: 'eu', serviceTier: 'flex' })).toBe(0.55);
    expect(factorOf('anthropic', 'claude-sonnet-4-6', { geo: 'us', serviceTier: 'batch' })).toBe(0.55);
  });

  it('do not multiply fees', () => {
    const usage = { inputTokens: 0, webSearchRequests: 1000 };
    expect(cost('openai', 'gpt-5.4', { ...usage, place: 'eu' })).toEqual(
      expect.objectContaining({ costUsd: (cost('openai', 'gpt-5.4', usage) as { costUsd: number }).costUsd }),
    );
  });
});

describe('the receipt', () => {
  it('names each multiplier with its source and date', () => {
    expect(cost('openai', 'gpt-5.4', { place: 'eu', serviceTier: 'flex' })).toMatchObject({
      multipliers: [
        { name: 'service tier flex', factor: 0.5, source: expect.stringMatching(/^https:.*, 2026-11$/) },
        { name: 'endpoint in eu', factor: 1.1, source: expect.stringMatching(/data-residency, 2026-11$/) },
      ],
    });
  });

  it('names the multipliers of the application as its own', () => {
    const overrides = { 'gpt-5.4': { input: 1, output: 1, multipliers: { eu: 1.2 } } };
    expect(cost('openai', 'gpt-5.4', { place: 'eu' }, { overrides })).toMatchObject({
      costUsd: 1.2,
      multipliers: [{ name: 'endpoint in eu', factor: 1.2, source: 'your own prices' }],
    });
  });

  it.each(['gpt-5.4', 'gpt-5.6-sol'])('does not guess the priority price of %s at Azure', (model) => {
    const options = { fallback: 'vendor' } as const;
    expect(cost('azure.ai.openai', model, {}, options).source).toBe('table');
    expect(cost('azure.ai.openai', model, { serviceTier: 'priority' }, options)).toMatchObject({
      reasonCode: 'unpriced_service_tier',
    });
  });

  it('has no multipliers at the standard price', () => {
    expect(cost('openai', 'gpt-5.4', { serviceTier: 'default' })).not.toHaveProperty('multipliers');
  });

  it.each([
    [{ serviceTier: 'scale' }, 'unpriced_service_tier'],
    [{ speed: 'warp' }, 'unpriced_speed'],
    [{ geo: 'mars' }, 'unpriced_geo'],
  ])('has a stable code for a fact without a published price: %j', (facts, reasonCode) => {
    expect(cost('openai', 'gpt-5.4', facts)).toMatchObject({ source: 'unknown', reasonCode });
  });

  it('has a stable code for a place without a published price', () => {
    const place = 'mars';
    expect(cost('mistral_ai', 'mistral-large-latest', { place })).toMatchObject({
      reasonCode: 'unpriced_place',
    });
  });

  it('names the fact without a published price', () => {
    expect(cost('openai', 'gpt-5.4', { serviceTier: 'scale', place: 'eu' })).toEqual({
      source: 'unknown',
      reason: 'no price for gpt-5.4 with service tier scale',
      reasonCode: 'unpriced_service_tier',
    });
  });
});

describe('a cloud without a listed price', () => {
  // BerriAI/litellm#36094: Azure kept the old price when OpenAI's fell to a fifth.
  it.each([
    ['azure.ai.openai', 'gpt-5.6-luna'],
    ['azure.ai.inference', 'deepseek-chat'],
  ])('%s has an unknown cost for %s', (provider, model) => {
    expect(cost(provider, model)).toEqual({
      source: 'unknown',
      reason: `no price for ${provider} ${model}`,
      reasonCode: 'unpriced_model',
    });
  });

  it('has the price of the vendor with the option fallback, which the receipt names', () => {
    expect(cost('azure.ai.openai', 'gpt-4.1-mini', {}, { fallback: 'vendor' })).toMatchObject({
      source: 'table',
      costUsd: 0.4,
      pricedFrom: expect.stringMatching(/, price of the vendor$/),
    });
    expect(cost('azure.ai.openai', 'text-embedding-3-small', {}, { fallback: 'vendor' })).toMatchObject({
      pricedFrom: expect.not.stringContaining('vendor'),
    });
  });

  it('has the price of OpenAI for models that Azure publishes at this price', () => {
    expect(cost('azure.ai.openai', 'gpt-4o-2024-08-06')).toMatchObject({ costUsd: 2.5 });
  });

  it('has the price of Anthropic for Claude, which is the same in every cloud', () => {
    expect(cost('azure.ai.inference', 'claude-haiku-4-5')).toMatchObject({ costUsd: 1 });
  });
});

describe('images', () => {
  it.each<[string, string, Partial<Usage>, number | null]>([
    // Images in the input cost the same as text where the provider's page lists one price.
    ['openai', 'gpt-4o', { inputTokens: 1_000_000, imageInputTokens: 1_000_000 }, 2.5],
    ['gcp.gemini', 'gemini-2.5-flash', { inputTokens: 1_000_000, imageInputTokens: 1_000_000 }, 0.3],
    ['openrouter', 'openai/gpt-4o', { inputTokens: 1_000_000, imageInputTokens: 1_000_000 }, null],
    // Images in the output do not.
    ['gcp.gemini', 'gemini-2.5-flash-image', { outputTokens: 1_000_000, imageOutputTokens: 1_000_000 }, 30],
    ['gcp.gemini', 'gemini-2.5-flash', { outputTokens: 1_000_000, imageOutputTokens: 1_000_000 }, null],
    ['openai', 'gpt-5-image', { outputTokens: 1_000_000, imageOutputTokens: 1_000_000 }, null],
    ['openai', 'gpt-image-1', { outputTokens: 1_000_000, imageOutputTokens: 1_000_000 }, 40],
    ['openai', 'gpt-image-1.5', { outputTokens: 1_000_000, imageOutputTokens: 1_000_000 }, 32],
  ])('of %s %s: %o costs $%d', (provider, model, counts, expected) => {
    const priced = cost(provider, model, { inputTokens: 0, ...counts });
    expect(priced.source === 'unknown' ? null : priced.costUsd).toBe(expected);
  });
});

describe('each rule', () => {
  it('has a source and the month in which it was read', () => {
    for (const { source, asOf } of PRICE_RULES)
      expect([source, URL.canParse(source), /^20\d\d-\d\d$/.test(asOf)]).toEqual([source, true, true]);
  });
});
