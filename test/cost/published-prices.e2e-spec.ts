import { readFileSync } from 'node:fs';
import type { Cost, CostKind } from '../../src/llm-telemetry/calls/cost.js';
import { createPricer } from '../../src/llm-telemetry/pricing/pricer.js';
import { NO_USAGE, type Usage } from '../../src/llm-telemetry/wire/usage.js';

/** A price from `published-prices.md`, which is typed by hand and independent of the tables of the library. */
interface PublishedPrice {
  readonly provider: string;
  readonly date: string;
  readonly source: string;
  readonly model: string;
  readonly when: string;
  readonly kind: string;
  /** Price as printed in the list. */
  readonly usd: string;
}

function readPublishedPrices(): readonly PublishedPrice[] {
  const prices: PublishedPrice[] = [];
  let list = { provider: '', date: '', source: '' };
  let kinds: readonly string[] = [];
  for (const line of readFileSync('test/cost/published-prices.md', 'utf8').split('\n')) {
    const heading = /^## ([^,]+), (\d{4}-\d\d-\d\d), (.+)$/.exec(line);
    if (heading) list = { provider: heading[1]!, date: heading[2]!, source: heading[3]! };
    if (!line.startsWith('| ') || line.startsWith('| -')) continue;
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (cells[0] === 'model') {
      kinds = cells.slice(2);
      continue;
    }
    const [model, when, ...amounts] = cells as [string, string, ...string[]];
    for (const [index, usd] of amounts.entries())
      if (usd !== '–') prices.push({ ...list, model, when, kind: kinds[index]!, usd });
  }
  return prices;
}

const QUANTITY = 123_457;
const QUANTITY_ABOVE = 300_000;

/** Returns a usage of one kind, with its quantity in tokens, uses or milliseconds. */
function usageOf({ kind, when, provider }: PublishedPrice): { usage: Usage; quantity: number } {
  const isLong = when.includes('above');
  const quantity = kind === 'webSearch' || kind === 'file_search' ? 3 : isLong ? QUANTITY_ABOVE : QUANTITY;
  // The input length selects the long-context price for input and output, so each such usage needs a long input.
  const input = { inputTokens: isLong ? QUANTITY_ABOVE : quantity };
  const usages: Record<string, Partial<Usage>> = {
    input,
    cachedInput: { ...input, cachedInputTokens: quantity },
    cacheWrite5m: { ...input, cacheWriteTokens5m: quantity },
    cacheWrite1h: { ...input, cacheWriteTokens1h: quantity },
    audioInput: { ...input, audioInputTokens: quantity },
    imageInput: { ...input, imageInputTokens: quantity },
    output: { outputTokens: quantity, inputTokens: isLong ? QUANTITY_ABOVE : 0 },
    audioOutput: { outputTokens: quantity, audioOutputTokens: quantity },
    imageOutput: { outputTokens: quantity, imageOutputTokens: quantity },
    audioTime: { audioSeconds: quantity / 1000 },
    webSearch: { webSearchRequests: quantity },
    file_search: { toolUses: { file_search: quantity } },
  };
  const words = when.split(' ');
  const tier = words.find((word) => ['batch', 'flex', 'priority'].includes(word)) ?? null;
  return {
    quantity,
    usage: {
      ...NO_USAGE,
      ...usages[kind],
      serviceTier: tier ?? (provider === 'openai' ? 'default' : null),
      speed: words.includes('fast') ? 'fast' : null,
      geo: words.includes('us') ? 'us' : null,
    },
  };
}

/** Computes the cost of a quantity at a printed price with integers. Rounds to a double only at the end. */
function expectedCost(usd: string, quantity: number, kind: string): number {
  const [whole, fraction = ''] = usd.split('.');
  const millionths = BigInt(whole! + fraction.padEnd(6, '0'));
  if (kind === 'audioTime') {
    // The price is per hour and the quantity in milliseconds. The cost is rounded to 10⁻¹² USD.
    const units = (millionths * BigInt(quantity) * 1_000_000n * 10n) / 36_000_000n;
    return Number(`${units}e-12`);
  }
  const per = kind === 'webSearch' || kind === 'file_search' ? 1000n : 1n;
  return Number(`${millionths * BigInt(quantity) * per}e-12`);
}

/** Returns the cost of the receipt line of a kind, or the reason why it is unknown. */
function lineOf(cost: Cost, kind: string): number | string {
  if (cost.source === 'unknown') return cost.reason;
  const line = cost.lines.find((one) => one.kind === (kind === 'file_search' ? 'tool' : (kind as CostKind)));
  return line?.costUsd ?? `no line for ${kind}`;
}

describe('published prices', () => {
  const published = readPublishedPrices();
  const pricer = createPricer();
  const priceOf = (row: PublishedPrice): Cost =>
    pricer.price({
      provider: row.provider,
      model: row.model,
      usage: usageOf(row).usage,
      at: Date.parse(row.date),
    });

  it('cover many models and providers, and all kinds of usage', () => {
    const distinct = (key: keyof PublishedPrice): number => new Set(published.map((row) => row[key])).size;
    expect(published.length).toBeGreaterThan(350);
    expect(distinct('model')).toBeGreaterThanOrEqual(60);
    expect(distinct('provider')).toBeGreaterThanOrEqual(9);
    expect(distinct('kind')).toBe(12);
    for (const { source, date } of published)
      expect([source, date]).toEqual([expect.stringMatching(/^https/), date]);
  });

  it.each(published.map((row) => [row.provider, row.model, row.when, row.kind, row.usd, row] as const))(
    'are charged for %s %s, %s: %s at $%s',
    (provider, model, when, kind, usd, row) => {
      const { quantity } = usageOf(row);
      const cost = priceOf(row);
      expect(lineOf(cost, kind)).toBe(expectedCost(usd, quantity, kind));
      expect(cost.source).toBe('table');
    },
  );

  // The article that this project started from lists outdated prices for these two models.
  it.each([
    ['openai', 'gpt-4o', 5, 15],
    ['anthropic', 'claude-haiku-4-5', 0.25, 1.25],
  ])('replace those of an older article: %s %s at $%d and $%d', (provider, model, input, output) => {
    const at = Date.UTC(2026, 10, 24);
    const of = (usage: Partial<Usage>, kind: CostKind): number | string =>
      lineOf(pricer.price({ provider, model, usage: { ...NO_USAGE, ...usage }, at }), kind);
    const [inputUsd, outputUsd] = [
      of({ inputTokens: 1_000_000 }, 'input'),
      of({ outputTokens: 1_000_000 }, 'output'),
    ];
    expect([inputUsd, outputUsd]).not.toEqual([input, output]);
    const current = (kind: string): number =>
      Number(
        published.find((row) => row.model === model && row.when === 'standard' && row.kind === kind)!.usd,
      );
    expect([inputUsd, outputUsd]).toEqual([current('input'), current('output')]);
  });
});
