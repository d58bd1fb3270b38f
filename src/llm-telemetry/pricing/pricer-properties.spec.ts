import fc from 'fast-check';
import type { Cost } from '../calls/cost.js';
import { sumUsd } from '../units/usd.js';
import { NO_USAGE, type Usage } from '../wire/usage.js';
import { createPricer } from './pricer.js';

/** Prices that differ for each kind, so that mix-ups are detected. */
const PRICES = {
  input: 3,
  cachedInput: 0.3,
  cacheWrite5m: 3.75,
  cacheWrite1h: 6,
  cacheWrite12h: 7.5,
  audioInput: 32,
  imageInput: 8,
  output: 15,
  audioOutput: 64,
  imageOutput: 30,
  audioTime: 0.36,
  webSearch: 10,
  tools: { file_search: 2.5 },
};

const pricer = createPricer({ overrides: { model: { ...PRICES, multipliers: { batch: 0.5 } } } });

function costOf(usage: Partial<Usage>): Cost {
  return pricer.price({ provider: 'openai', model: 'model', usage: { ...NO_USAGE, ...usage }, at: 0 });
}

function usd(usage: Partial<Usage>): number {
  const cost = costOf(usage);
  return cost.source === 'unknown' ? Number.NaN : cost.costUsd;
}

/** Token counts of parts that do not overlap. */
interface Parts {
  fresh: number;
  cached: number;
  written5m: number;
  written1h: number;
  written12h: number;
  audioInput: number;
  imageInput: number;
  text: number;
  audioOutput: number;
  imageOutput: number;
  searches: number;
  fileSearches: number;
}

const count = fc.nat({ max: 2_000_000 });
const parts: fc.Arbitrary<Parts> = fc.record({
  fresh: count,
  cached: count,
  written5m: count,
  written1h: count,
  written12h: count,
  audioInput: count,
  imageInput: count,
  text: count,
  audioOutput: count,
  imageOutput: count,
  searches: fc.nat({ max: 100 }),
  fileSearches: fc.nat({ max: 100 }),
});

function usageOf(p: Parts): Partial<Usage> {
  return {
    inputTokens: p.fresh + p.cached + p.written5m + p.written1h + p.written12h + p.audioInput + p.imageInput,
    cachedInputTokens: p.cached,
    cacheWriteTokens5m: p.written5m,
    cacheWriteTokens1h: p.written1h,
    cacheWriteTokens12h: p.written12h,
    audioInputTokens: p.audioInput,
    imageInputTokens: p.imageInput,
    outputTokens: p.text + p.audioOutput + p.imageOutput,
    reasoningTokens: Math.floor(p.text / 2),
    audioOutputTokens: p.audioOutput,
    imageOutputTokens: p.imageOutput,
    webSearchRequests: p.searches,
    toolUses: { file_search: p.fileSearches },
  };
}

describe('the cost of any usage', () => {
  it('equals the price list exactly', () => {
    const millionths = (p: Parts): bigint => {
      // Prices in ten-thousandths of a dollar: per million tokens, per thousand uses.
      const tokens =
        BigInt(p.fresh) * 30_000n +
        BigInt(p.cached) * 3000n +
        BigInt(p.written5m) * 37_500n +
        BigInt(p.written1h) * 60_000n +
        BigInt(p.written12h) * 75_000n +
        BigInt(p.audioInput) * 320_000n +
        BigInt(p.imageInput) * 80_000n +
        BigInt(p.text) * 150_000n +
        BigInt(p.audioOutput) * 640_000n +
        BigInt(p.imageOutput) * 300_000n;
      return tokens + BigInt(p.searches) * 100_000_000n + BigInt(p.fileSearches) * 25_000_000n;
    };
    fc.assert(fc.property(parts, (p) => expect(usd(usageOf(p))).toBe(Number(`${millionths(p)}e-10`))));
  });

  it('increases with every kind of token', () => {
    fc.assert(
      fc.property(parts, fc.constantFrom(...(Object.keys(ZERO) as Array<keyof Parts>)), (p, kind) => {
        expect(usd(usageOf({ ...p, [kind]: p[kind] + 1 }))).toBeGreaterThan(usd(usageOf(p)));
      }),
    );
  });

  it('is exactly additive over attempts', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const both = { ...ZERO };
        for (const kind of Object.keys(ZERO) as Array<keyof Parts>) both[kind] = a[kind] + b[kind];
        expect(sumUsd([usd(usageOf(a)), usd(usageOf(b))])).toBe(usd(usageOf(both)));
      }),
    );
  });

  it('is the sum of its lines, and half of it in a batch, except for fees', () => {
    fc.assert(
      fc.property(parts, (p) => {
        const cost = costOf(usageOf(p));
        if (cost.source === 'unknown') throw new Error(cost.reason);
        expect(sumUsd(cost.lines.map(({ costUsd }) => costUsd))).toBe(cost.costUsd);
        const tokens = { ...usageOf(p), webSearchRequests: 0, toolUses: {} };
        expect(
          sumUsd([usd({ ...tokens, serviceTier: 'batch' }), usd({ ...tokens, serviceTier: 'batch' })]),
        ).toBe(usd(tokens));
      }),
    );
  });

  it('is unknown or at least 0 for any usage', () => {
    const anything = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constantFrom(-1, Number.NaN, Infinity, 1e300, 0.1),
    );
    const usage = fc.record(
      Object.fromEntries(
        Object.entries(NO_USAGE)
          .filter(([, value]) => value === 0)
          .map(([name]) => [name, anything]),
      ),
    ) as unknown as fc.Arbitrary<Partial<Usage>>;
    const word = fc.option(
      fc.constantFrom('batch', 'flex', 'fast', 'us', 'scale', '__proto__', 'constructor', ''),
    );
    fc.assert(
      fc.property(usage, word, word, word, (counts, serviceTier, speed, geo) => {
        const cost = costOf({ ...counts, serviceTier, speed, geo });
        if (cost.source === 'unknown') return;
        expect(cost.costUsd).toBeGreaterThanOrEqual(0);
        expect(cost.costUsd).toBeLessThan(Infinity);
      }),
    );
  });
});

const ZERO: Parts = {
  fresh: 0,
  cached: 0,
  written5m: 0,
  written1h: 0,
  written12h: 0,
  audioInput: 0,
  imageInput: 0,
  text: 0,
  audioOutput: 0,
  imageOutput: 0,
  searches: 0,
  fileSearches: 0,
};
