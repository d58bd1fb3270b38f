import { readFileSync } from 'node:fs';
import type { Cost } from '../calls/cost.js';
import { NO_USAGE, type Usage } from '../wire/usage.js';
import { createPricer } from './pricer.js';

const NOVEMBER_2026 = Date.UTC(2026, 10, 20);

function usage(counts: Partial<Usage>): Usage {
  return { ...NO_USAGE, ...counts };
}

function cost(provider: string, model: string, counts: Partial<Usage>): Cost {
  return createPricer().price({ provider, model, usage: usage(counts), at: NOVEMBER_2026 });
}

describe('cost of a sum of requests', () => {
  const sum = { inputTokens: 900_000, outputTokens: 1000 };

  function costOfSum(least: number, most: number, model = 'claude-sonnet-4-5'): Cost {
    const priced = { provider: 'anthropic', model, usage: usage(sum), at: NOVEMBER_2026 };
    return createPricer().price({ ...priced, requestInputs: { least, most } });
  }

  it('has the price of the tier of each request, not of the sum', () => {
    // 900,000 × $3 + 1,000 × $15 a million, and the tier above 200,000: 900,000 × $6 + 1,000 × $22.50
    expect(costOfSum(1000, 200_000)).toMatchObject({ costUsd: 2.715 });
    expect(costOfSum(200_001, 300_000)).toMatchObject({ costUsd: 5.4225 });
    expect(cost('anthropic', 'claude-sonnet-4-5', sum)).toMatchObject({ costUsd: 5.4225 });
  });

  it('is unknown if its requests can be in different tiers', () => {
    expect(costOfSum(0, 200_001)).toEqual({
      source: 'unknown',
      reasonCode: 'mixed_tiers',
      reason: 'no single input price for claude-sonnet-4-5: some of the requests may have a long context',
    });
    expect(costOfSum(0, 900_000, 'claude-sonnet-4-6')).toMatchObject({ source: 'table', costUsd: 2.715 });
  });
});

describe('cost of a usage', () => {
  // Calculated by hand from the providers' price lists (OpenAI and Anthropic pricing pages, November 2026).
  it.each<[string, string, Partial<Usage>, number]>([
    // 87 × $0.15 + 52 × $0.60 a million = $0.00001305 + $0.0000312
    ['openai', 'gpt-4o-mini', { inputTokens: 87, outputTokens: 52 }, 0.00004425],
    // The article's truncated example: 312 × 0.15 + 200 × 0.60
    ['openai', 'gpt-4o-mini', { inputTokens: 312, outputTokens: 200 }, 0.0001668],
    ['openai', 'gpt-4o-mini-2024-07-18', { inputTokens: 1_000_000 }, 0.15],
    ['openai', 'gpt-4o', { inputTokens: 1000, outputTokens: 1000 }, 0.0125],
    // 1,000, of which 600 are cached: 400 × 2.5 + 600 × 1.25
    ['openai', 'gpt-4o-2024-08-06', { inputTokens: 1000, cachedInputTokens: 600 }, 0.00175],
    ['openai', 'openai/gpt-4o', { outputTokens: 100 }, 0.001],
    ['openai', 'gpt-3.5-turbo', { inputTokens: 1000, outputTokens: 1000 }, 0.002],
    // Fine-tuned models cost twice as much as the base model.
    ['openai', 'ft:gpt-4o-mini-2024-07-18:acme::abc123', { inputTokens: 1000, outputTokens: 1000 }, 0.0015],
    // Batch and flex cost half; priority costs 1.7 times as much for gpt-4o.
    ['openai', 'gpt-4o', { inputTokens: 1000, serviceTier: 'flex' }, 0.00125],
    ['openai', 'gpt-4o', { inputTokens: 1000, serviceTier: 'priority' }, 0.00425],
    ['openai', 'gpt-4o', { inputTokens: 1000, serviceTier: 'default' }, 0.0025],
    ['anthropic', 'claude-haiku-4-5', { inputTokens: 1000, outputTokens: 1000 }, 0.006],
    ['anthropic', 'claude-haiku-4-5-20251001', { inputTokens: 200, outputTokens: 20 }, 0.0003],
    // 1,000: 100 fresh, 500 read at 0.10, 300 written for 5 min at 1.25, 100 for 1 h at 2
    [
      'anthropic',
      'claude-haiku-4-5',
      { inputTokens: 1000, cachedInputTokens: 500, cacheWriteTokens5m: 300, cacheWriteTokens1h: 100 },
      0.000725,
    ],
    ['anthropic', 'claude-sonnet-4-6', { inputTokens: 1000, outputTokens: 1000 }, 0.018],
    ['anthropic', 'claude-sonnet-4-6', { inputTokens: 1000, serviceTier: 'batch' }, 0.0015],
    ['anthropic', 'claude-sonnet-4-6', { inputTokens: 1000, geo: 'us' }, 0.0033],
    ['anthropic', 'claude-haiku-4-5', { webSearchRequests: 3 }, 0.03],
    // The table lists this price for Azure.
    ['azure.ai.openai', 'text-embedding-3-small', { inputTokens: 1_000_000 }, 0.02],
    // 90 seconds at $0.36 per hour
    ['openai', 'whisper-1', { audioSeconds: 90 }, 0.009],
    // $2.50 per thousand file searches
    ['openai', 'gpt-4.1', { inputTokens: 1000, toolUses: { file_search: 2 } }, 0.007],
    ['openai', 'gpt-4o-mini', {}, 0],
  ])('%s %s %o costs $%d', (provider, model, counts, expected) => {
    expect(cost(provider, model, counts)).toMatchObject({ source: 'table', costUsd: expected });
  });

  it.each([
    ['openai', 'claude-haiku-4-5'],
    ['openai', 'gpt-4o-mini-foo'],
    ['openai', 'gpt-99'],
    ['openai', 'constructor'],
    ['anthropic', 'claude-sonnet-4-6-5'],
    ['anthropic', 'claude-haiku-4-5-turbo'],
    ['somebody', 'gpt-4o'],
  ])('%s %s has an unknown cost, not $0', (provider, model) => {
    expect(cost(provider, model, { inputTokens: 10 })).toEqual({
      source: 'unknown',
      reason: `no price for ${provider} ${model}`,
      reasonCode: 'unpriced_model',
    });
  });

  it.each<Partial<Usage>>([
    { serviceTier: 'scale' },
    { speed: 'ludicrous' },
    { geo: 'moon' },
    { audioInputTokens: 5 },
    { toolUses: { code_interpreter: 1 } },
    { toolUses: { image_generation: 1 } },
  ])('is unknown with %o, which has no published price', (counts) => {
    expect(cost('openai', 'gpt-4o', { inputTokens: 10, ...counts }).source).toBe('unknown');
  });

  it('has a receipt whose lines do not overlap and add up', () => {
    const receipt = cost('anthropic', 'claude-haiku-4-5', {
      inputTokens: 1000,
      cachedInputTokens: 400,
      outputTokens: 10,
    });
    expect(receipt).toMatchObject({
      pricedAs: 'claude-haiku-4-5',
      lines: [
        { kind: 'input', quantity: 600, usdPerUnit: 1, costUsd: 0.0006 },
        { kind: 'cachedInput', quantity: 400, usdPerUnit: 0.1, costUsd: 0.00004 },
        { kind: 'output', quantity: 10, usdPerUnit: 5, costUsd: 0.00005 },
      ],
      costUsd: 0.00069,
    });
  });

  it('shows reasoning as part of the output at its price', () => {
    const receipt = cost('openai', 'gpt-5-mini', {
      inputTokens: 100,
      outputTokens: 1000,
      reasoningTokens: 640,
    });
    expect(receipt).toMatchObject({
      lines: [
        { kind: 'input', quantity: 100 },
        {
          kind: 'output',
          quantity: 1000,
          usdPerUnit: 2,
          costUsd: 0.002,
          reasoning: { quantity: 640, costUsd: 0.00128 },
        },
      ],
      costUsd: 0.002025,
    });
  });

  it('names the tool of a fee, and the price list with its date', () => {
    expect(cost('openai', 'gpt-5', { toolUses: { file_search: 3 } })).toMatchObject({
      lines: [{ kind: 'tool', tool: 'file_search', quantity: 3, usdPerUnit: 2.5, costUsd: 0.0075 }],
      pricedFrom: '@pydantic/genai-prices 0.1.8 of 2026-09-23',
    });
    expect(cost('openai', 'o3', { inputTokens: 1 })).toMatchObject({
      pricedFrom: '@pydantic/genai-prices 0.1.8 of 2026-09-23, price since 2025-06-10',
    });
  });

  it('names the installed price list', () => {
    const { version } = JSON.parse(
      readFileSync('node_modules/@pydantic/genai-prices/package.json', 'utf8'),
    ) as { version: string };
    expect(cost('openai', 'gpt-4o', { inputTokens: 1 })).toMatchObject({
      pricedFrom: expect.stringContaining(` ${version} of `),
    });
  });

  it('is unknown for twelve-hour cache writes if cache writes have their own price', () => {
    expect(cost('openai', 'gpt-4o', { inputTokens: 100, cacheWriteTokens12h: 100 })).toMatchObject({
      costUsd: 0.00025,
    });
    expect(cost('openai', 'gpt-6-sol', { inputTokens: 100, cacheWriteTokens5m: 100 })).toMatchObject({
      costUsd: 0.00025,
    });
    expect(cost('openai', 'gpt-6-sol', { inputTokens: 100, cacheWriteTokens12h: 100 })).toEqual({
      source: 'unknown',
      reason: 'no cacheWrite12h price for gpt-6-sol',
      reasonCode: 'unpriced_part',
    });
  });

  it.each<Partial<Usage>>([
    { inputTokens: Number.NaN },
    { inputTokens: 1.5 },
    { outputTokens: Infinity },
    { inputTokens: -1, cachedInputTokens: -1 },
    { outputTokens: 1e15 },
  ])('is unknown for the invalid counts %o', (counts) => {
    expect(cost('openai', 'gpt-4o', counts).source).toBe('unknown');
  });

  it('uses the price on the date of the call', () => {
    const price = (at: number): Cost =>
      createPricer().price({
        provider: 'anthropic',
        model: 'claude-sonnet-4-6',
        usage: usage({ inputTokens: 300_000 }),
        at,
      });
    // Until March 2026, requests of more than 200,000 input tokens cost twice as much.
    expect(price(Date.UTC(2026, 1, 20))).toMatchObject({ costUsd: 1.8 });
    expect(price(NOVEMBER_2026)).toMatchObject({ costUsd: 0.9 });
  });

  it('prefers overrides to the price list', () => {
    const pricer = createPricer({
      overrides: { 'gpt-4o': { input: 1, output: 2 }, 'my-model': { input: 0.5, output: 0.5 } },
    });
    const priced = {
      provider: 'openai',
      usage: usage({ inputTokens: 1000, outputTokens: 1000 }),
      at: NOVEMBER_2026,
    };
    expect(pricer.price({ ...priced, model: 'gpt-4o' })).toMatchObject({
      source: 'override',
      costUsd: 0.003,
    });
    expect(pricer.price({ ...priced, provider: 'x', model: 'my-model' })).toMatchObject({ costUsd: 0.001 });
  });

  it('applies an override for a provider to that provider only', () => {
    const pricer = createPricer({
      overrides: {
        'gpt-4o': { input: 2, output: 8 },
        'azure.ai.openai/gpt-4o': { input: 1, output: 4 },
        'openai/gpt-4o-mini': { input: 0.1, output: 0.4 },
      },
    });
    const inputPrice = (provider: string, model: string): unknown =>
      pricer.price({ provider, model, usage: usage({ inputTokens: 1_000_000 }), at: NOVEMBER_2026 });
    expect(inputPrice('azure.ai.openai', 'gpt-4o-2024-08-06')).toMatchObject({ costUsd: 1 });
    expect(inputPrice('openai', 'gpt-4o-2024-08-06')).toMatchObject({ costUsd: 2 });
    expect(inputPrice('openai', 'gpt-4o-mini-2024-07-18')).toMatchObject({ costUsd: 0.1 });
    expect(inputPrice('azure.ai.openai', 'gpt-4o-mini')).toMatchObject({ source: 'table', costUsd: 0.15 });
    expect(inputPrice('openai', 'gpt-4o-nano')).toMatchObject({ source: 'unknown' });
  });

  it('uses multipliers and fees of overrides if the price list has none', () => {
    const pricer = createPricer({
      overrides: {
        'gpt-4o': {
          input: 2,
          output: 8,
          multipliers: { scale: 0, flex: 0.4 },
          tools: { code_interpreter: 30 },
        },
      },
    });
    const price = (counts: Partial<Usage>): unknown =>
      pricer.price({
        provider: 'openai',
        model: 'gpt-4o',
        usage: usage({ inputTokens: 1_000_000, ...counts }),
        at: NOVEMBER_2026,
      });
    expect(price({ serviceTier: 'scale' })).toMatchObject({ source: 'override', costUsd: 0 });
    expect(price({ serviceTier: 'flex' })).toMatchObject({ costUsd: 0.8 });
    expect(price({ serviceTier: 'priority' })).toMatchObject({ costUsd: 3.4 });
    // Fees are the same in every tier.
    expect(price({ serviceTier: 'flex', toolUses: { code_interpreter: 2 } })).toMatchObject({
      costUsd: 0.86,
    });
    expect(price({ toolUses: { image_generation: 1 } })).toMatchObject({
      source: 'unknown',
      reason: 'no image_generation price for gpt-4o',
      reasonCode: 'unpriced_tool',
    });
  });

  it('is unknown if the price provider throws', () => {
    const faults: unknown[] = [];
    const provider = {
      find: () => {
        throw new Error('price list is on fire');
      },
    };
    const pricer = createPricer({ provider }, { onFault: (error) => faults.push(error) });
    const priced = pricer.price({
      provider: 'openai',
      model: 'gpt-4o',
      usage: usage({ inputTokens: 1 }),
      at: 0,
    });
    expect(priced).toEqual({
      source: 'unknown',
      reason: 'the price provider failed',
      reasonCode: 'price_provider_failed',
    });
    expect(faults).toHaveLength(1);
  });
});

describe('prices of pages, searches and other uses', () => {
  const priced = (provider: string, model: string, usage: Partial<Usage>): Cost =>
    createPricer({ overrides: { 'rerank-v3.5': { input: 0, output: 0, searchUnit: 2 } } }).price({
      provider,
      model,
      usage: { ...NO_USAGE, ...usage },
      at: Date.UTC(2026, 10, 1),
    });

  it('prices pages by the table', () => {
    expect(priced('mistral_ai', 'mistral-ocr-2505-completion', { pages: 29 })).toMatchObject({
      costUsd: 0.029,
      lines: [{ kind: 'page', quantity: 29, usdPerUnit: 1 }],
    });
    expect(priced('mistral_ai', 'mistral-ocr-2505', { annotatedPages: 2 })).toMatchObject({ costUsd: 0.006 });
  });

  it('prices search units by an override', () => {
    expect(priced('cohere', 'rerank-v3.5', { searchUnits: 3 })).toMatchObject({ costUsd: 0.006 });
  });

  it.each([
    ['openai/gpt-5-mini', 'gpt-5-mini', 0.025],
    ['anthropic/claude-sonnet-4.5', 'claude-sonnet-4-5', 0.3],
    ['voyage/voyage-3.5', 'voyage-3.5', 0.006],
  ])('prices %s at a gateway as the vendor does', (model, pricedAs, costUsd) => {
    expect(priced('vercel', model, { inputTokens: 100_000 })).toMatchObject({ pricedAs, costUsd });
  });

  it.each(['meta/llama-4-maverick', 'gpt-5-mini'])('does not know what %s costs at a gateway', (model) => {
    expect(priced('vercel', model, { inputTokens: 1 }).source).toBe('unknown');
  });

  it('does not know what a use without a price costs', () => {
    expect(priced('cohere', 'command-a-03-2025', { searchUnits: 1 })).toEqual({
      source: 'unknown',
      reason: 'no searchUnit price for command-a',
      reasonCode: 'unpriced_part',
    });
  });
});
