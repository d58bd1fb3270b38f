import { countReasons } from './unpriced-reasons.js';

describe('the reasons of unpriced calls', () => {
  it('are counted, the most frequent first, without calls whose cost is known', () => {
    const calls = (['unpriced_tool', 'unpriced_model', null, 'unpriced_model'] as const).map(
      (costReasonCode) => ({ costReasonCode }),
    );
    expect([...countReasons(calls)]).toEqual([
      ['unpriced_model', 2],
      ['unpriced_tool', 1],
    ]);
  });
});
