import type { AttemptRecord } from '../../api/index.js';
import { detailOf } from '../../../../../test/dashboard/fixture-calls.js';
import { attemptOf, callOf, retriedCall, usageOf } from '../../../../../test/dashboard/fixture-records.js';
import { addingUp, exactText, receiptOf, STEP_USD, type LineCost } from './receipt.js';

const [refused, timedOut, truncated] = retriedCall().attempts as [
  AttemptRecord,
  AttemptRecord,
  AttemptRecord,
];
const steps = (cost: LineCost): number => (cost === null || cost === 'part' ? 0 : cost.steps);

describe('receipt of an attempt', () => {
  it('multiplies tokens by price for each line and adds the lines', () => {
    const { rows, total, note, source } = receiptOf(truncated);
    expect(rows.map(({ label, quantity, rate, cost }) => [label, quantity, rate, steps(cost)])).toEqual([
      ['Input', '3,276', '2.50', 819],
      ['Input from cache', '1,536', '1.25', 192],
      ['Output', '1,024', '10.00', 1024],
      ['of which reasoning', '0', null, 0],
    ]);
    expect(total).toMatchObject({ tokens: '5,836', cost: { steps: 2035 } });
    expect(source).toBe('usage reported by the provider');
    expect(note).toBe('Price: genai-prices of 18 Nov 2026, gpt-4o-2024-08-06, standard tier.');
  });

  it('flags estimated tokens', () => {
    const { rows, total, source } = receiptOf(timedOut);
    expect(rows.map(({ quantity }) => quantity)).toEqual(['~3,276', '~1,536', '~412', '~0']);
    expect(total!.tokens).toBe('~5,224');
    expect(source).toMatch(/^usage estimated/);
  });

  it('states that an attempt without a response is not billed', () => {
    expect(receiptOf(refused)).toMatchObject({ source: 'not billed', rows: [], total: null });
  });

  it('shows the tokens of a model that has no price', () => {
    const { rows, total, note } = receiptOf(
      attemptOf({
        usage: usageOf(388, 12, 100),
        cost: { source: 'unknown', reason: 'no price for qwen3-32b', reasonCode: 'unpriced_model' },
      }),
    );
    expect(rows.map(({ label, quantity, cost }) => [label, quantity, cost])).toEqual([
      ['Input', '288', null],
      ['Input from cache', '100', null],
      ['Output', '12', null],
    ]);
    expect(total).toEqual({ tokens: '400', cost: null });
    expect(note).toBe('Not priced: no price for qwen3-32b.');
  });

  it('has no lines if no usage was reported', () => {
    expect(receiptOf(attemptOf({ usage: usageOf(0, 0, 0, 'missing') }))).toMatchObject({
      rows: [],
      total: null,
    });
  });

  it('shows searches and tools in their own units, not as tokens', () => {
    const { rows, total } = receiptOf(
      attemptOf({
        cost: {
          source: 'table',
          costUsd: 0.0315,
          lines: [
            {
              kind: 'output',
              quantity: 150,
              usdPerUnit: 10,
              costUsd: 0.0015,
              reasoning: { quantity: 64, costUsd: 0.00064 },
            },
            { kind: 'webSearch', quantity: 3, usdPerUnit: 10, costUsd: 0.03 },
          ],
          pricedAs: 'gpt-4o',
          pricedFrom: 'a list',
        },
      }),
    );
    expect(rows.map(({ label, quantity, rate }) => [label, quantity, rate])).toEqual([
      ['Output', '150', '10.00'],
      ['of which reasoning', '64', null],
      ['Web searches', '3 uses', '10.00 per 1,000'],
    ]);
    expect(total!.tokens).toBe('150');
  });

  it('names each multiplier of the price with its source', () => {
    const { note } = receiptOf(
      attemptOf({
        cost: {
          source: 'table',
          costUsd: 0.0001,
          lines: [],
          pricedAs: 'gpt-5.4',
          pricedFrom: 'a list',
          multipliers: [{ name: 'endpoint in eu', factor: 1.1, source: 'a page, 2026-11' }],
        },
      }),
    );
    expect(note).toBe('Price: a list, gpt-5.4, standard tier. × 1.1 for endpoint in eu (a page, 2026-11).');
  });

  it('adds up to the displayed total regardless of how small its lines are', () => {
    for (let seed = 1; seed < 500; seed++) {
      const usds = [1, 2, 3, 4].map((index) => ((seed * 7919 * index) % 97_003) / 10 ** (7 + (seed % 4)));
      const total = usds.reduce((sum, usd) => sum + usd, 0);
      const shown = addingUp(usds);
      expect(shown.reduce((sum, value) => sum + value, 0)).toBe(Math.round(total / STEP_USD));
      for (const [index, value] of shown.entries())
        expect(Math.abs(value - usds[index]! / STEP_USD)).toBeLessThan(1);
    }
  });
});

describe('exact total of a call', () => {
  it('is shown once if a single attempt has the whole cost', () => {
    const answered = attemptOf();
    const record = callOf([attemptOf({ status: 429, usage: null, cost: null }), answered]);
    expect(exactText(detailOf(1, record), record.attempts[1]!)).toMatch(/^Exact total: \$[\d.]+\.$/);
  });

  it('is shown for the attempt and the call if they differ', () => {
    const record = callOf([attemptOf(), attemptOf()]);
    expect(exactText(detailOf(1, record), record.attempts[1]!)).toMatch(
      /^Exact total: \$[\d.]+ for this attempt, \$[\d.]+ for all 2 attempts\.$/,
    );
  });
});
