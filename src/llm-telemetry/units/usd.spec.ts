import fc from 'fast-check';
import { sumUsd, UsdSum } from './usd.js';

/** Computes the exact sum with BigInt. */
function exactSum(amounts: readonly bigint[]): number {
  return Number(`${amounts.reduce((sum, units) => sum + units, 0n)}e-12`);
}

describe('a sum of USD', () => {
  it('is exact after ten million additions, where a sum of doubles has drifted', () => {
    // 87 input and 52 output tokens of gpt-4o-mini, a web search, and one token of text-embedding-3-small.
    const amounts = [0.00004425, 0.01, 0.00000002];
    const sum = new UsdSum();
    let doubles = 0;
    for (let index = 0; index < 10_000_000; index++) {
      const usd = amounts[index % 3]!;
      sum.add(usd);
      doubles += usd;
    }
    // 3,333,334 × 0.00004425 + 3,333,333 × 0.01 + 3,333,333 × 0.00000002
    expect(sum.usd).toBe(33_480.896_696_16);
    expect(doubles).not.toBe(33_480.896_696_16);
  });

  it('equals the sum of the units for any amounts in any order', () => {
    const units = fc.bigInt({ min: 0n, max: 2000n * 10n ** 12n });
    fc.assert(
      fc.property(fc.array(units, { maxLength: 200 }), (amounts) => {
        const usd = amounts.map((amount) => exactSum([amount]));
        expect(sumUsd(usd)).toBe(exactSum(amounts));
        expect(sumUsd(usd.toReversed())).toBe(exactSum(amounts));
      }),
    );
  });
});
