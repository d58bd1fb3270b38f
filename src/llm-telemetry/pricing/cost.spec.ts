import fc from 'fast-check';
import type { Cost } from '../call/cost.js';
import { NO_USAGE, type Usage } from '../wire/usage.js';
import { createPricer } from './cost.js';

const NOVEMBER_2026 = Date.UTC(2026, 10, 20);

function usage(counts: Partial<Usage>): Usage {
  return { ...NO_USAGE, ...counts };
}

function cost(provider: string, model: string, counts: Partial<Usage>): Cost {
  return createPricer().price({ provider, model, usage: usage(counts), at: NOVEMBER_2026 });
}

describe('cost of a usage', () => {
  // Worked out by hand from the providers' price lists (OpenAI and Anthropic pricing pages, November 2026).
  it.each<[string, string, Partial<Usage>, number]>([
    // 87 × $0.15 + 52 × $0.60 a million = $0.00001305 + $0.0000312
    ['openai', 'gpt-4o-mini', { inputTokens: 87, outputTokens: 52 }, 0.00004425],
    // The article's truncated example: 312 × 0.15 + 200 × 0.60
    ['openai', 'gpt-4o-mini', { inputTokens: 312, outputTokens: 200 }, 0.0001668],
    ['openai', 'gpt-4o-mini-2024-07-18', { inputTokens: 1_000_000 }, 0.15],
    ['openai', 'gpt-4o', { inputTokens: 1000, outputTokens: 1000 }, 0.0125],
    // 1,000 of which 600 from the cache: 400 × 2.5 + 600 × 1.25
    ['openai', 'gpt-4o-2024-08-06', { inputTokens: 1000, cachedInputTokens: 600 }, 0.00175],
    ['openai', 'openai/gpt-4o', { outputTokens: 100 }, 0.001],
    ['openai', 'gpt-3.5-turbo', { inputTokens: 1000, outputTokens: 1000 }, 0.002],
    // Fine-tuned: twice the base model
    ['openai', 'ft:gpt-4o-mini-2024-07-18:acme::abc123', { inputTokens: 1000, outputTokens: 1000 }, 0.0015],
    // Batch and flex are half price, priority 1.7 times on gpt-4o
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
    ['azure.ai.openai', 'gpt-4o-mini', { inputTokens: 1_000_000 }, 0.15],
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
  ])('%s %s has no price, and is not free', (provider, model) => {
    expect(cost(provider, model, { inputTokens: 10 })).toEqual({
      source: 'unknown',
      reason: `no price for ${provider} ${model}`,
    });
  });

  it.each<Partial<Usage>>([
    { serviceTier: 'scale' },
    { speed: 'ludicrous' },
    { geo: 'moon' },
    { audioInputTokens: 5 },
  ])('is unknown with %o, which has no published price', (counts) => {
    expect(cost('openai', 'gpt-4o', { inputTokens: 10, ...counts }).source).toBe('unknown');
  });

  it('keeps a receipt whose lines exclude each other and add up', () => {
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

  it('prices by the date of the call', () => {
    const price = (at: number): Cost =>
      createPricer().price({
        provider: 'anthropic',
        model: 'claude-sonnet-4-6',
        usage: usage({ inputTokens: 300_000 }),
        at,
      });
    // Until March 2026 a request of more than 200,000 input tokens cost twice as much.
    expect(price(Date.UTC(2026, 1, 20))).toMatchObject({ costUsd: 1.8 });
    expect(price(NOVEMBER_2026)).toMatchObject({ costUsd: 0.9 });
  });

  it('takes overrides first', () => {
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

  it.each([
    [
      { m: { input: -1, output: 1 } },
      'pricing.overrides["m"].input is not a price: a number of USD from 0 to 1000, not -1.',
    ],
    [
      { m: { input: Number.NaN, output: 1 } },
      'pricing.overrides["m"].input is not a price: a number of USD from 0 to 1000, not NaN.',
    ],
    [{ m: { input: 1 } }, 'pricing.overrides["m"].output is missing: USD per million tokens.'],
    [{ m: { input: 1, output: 1, inptu: 1 } }, 'pricing.overrides["m"].inptu is not a kind of price'],
  ])('refuses the overrides %j', (overrides, message) => {
    expect(() => createPricer({ overrides: overrides as never })).toThrow(message);
  });

  it('is unknown where the price provider throws', () => {
    const faults: unknown[] = [];
    const provider = {
      find: () => {
        throw new Error('price list is on fire');
      },
    };
    const pricer = createPricer({ provider }, (error) => faults.push(error));
    const priced = pricer.price({
      provider: 'openai',
      model: 'gpt-4o',
      usage: usage({ inputTokens: 1 }),
      at: 0,
    });
    expect(priced).toEqual({ source: 'unknown', reason: 'the price provider failed' });
    expect(faults).toHaveLength(1);
  });

  it('never falls when any kind of token grows, and is additive over calls', () => {
    const count = fc.nat({ max: 100_000 });
    const counts = fc.record({ fresh: count, cached: count, write5m: count, write1h: count, output: count });
    const price = (c: {
      fresh: number;
      cached: number;
      write5m: number;
      write1h: number;
      output: number;
    }): number => {
      const priced = cost('anthropic', 'claude-haiku-4-5', {
        inputTokens: c.fresh + c.cached + c.write5m + c.write1h,
        cachedInputTokens: c.cached,
        cacheWriteTokens5m: c.write5m,
        cacheWriteTokens1h: c.write1h,
        outputTokens: c.output,
      });
      return priced.source === 'unknown' ? Number.NaN : priced.costUsd;
    };
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const sum = {
          fresh: a.fresh + b.fresh,
          cached: a.cached + b.cached,
          write5m: a.write5m + b.write5m,
          write1h: a.write1h + b.write1h,
          output: a.output + b.output,
        };
        expect(price(a)).toBeGreaterThanOrEqual(0);
        expect(price(sum)).toBeGreaterThanOrEqual(price(a));
        expect(Math.abs(price(sum) - price(a) - price(b))).toBeLessThan(1e-12);
      }),
    );
  });
});
