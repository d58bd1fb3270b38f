import { emptyUsage, type UsageDraft } from './response-draft.js';
import { totalsOf } from './usage-arithmetic.js';

const draftOf = (counts: Partial<UsageDraft>): UsageDraft => ({ ...emptyUsage(), ...counts });

describe('usage arithmetic', () => {
  it.each<[string, Partial<UsageDraft>, [input: number | null, output: number | null]]>([
    ['keeps counts that add up to the total', { reasoningTokens: 5, totalTokens: 110 }, [100, 10]],
    ['keeps counts without a reported total', { reasoningTokens: 5 }, [100, 10]],
    ['ignores a total of 0, which some servers send', { totalTokens: 0 }, [100, 10]],
    ['adds reasoning that only the total contains', { reasoningTokens: 40, totalTokens: 150 }, [100, 50]],
    [
      'adds cached input that only the total contains',
      { cachedInputTokens: 40, totalTokens: 150 },
      [140, 10],
    ],
    [
      'adds cache writes that only the total contains',
      { cacheWriteTokens5m: 40, totalTokens: 150 },
      [140, 10],
    ],
    [
      'adds input of tools that only the total contains',
      { toolInputTokens: 40, totalTokens: 150 },
      [140, 10],
    ],
    [
      'adds reasoning and cached input that only the total contains',
      { reasoningTokens: 30, cachedInputTokens: 40, totalTokens: 180 },
      [140, 40],
    ],
    [
      'adds only the part that fills the gap',
      { reasoningTokens: 30, cachedInputTokens: 40, totalTokens: 140 },
      [100, 40],
    ],
  ])('%s', (_, counts, [inputTokens, outputTokens]) => {
    expect(totalsOf(draftOf({ inputTokens: 100, outputTokens: 10, ...counts }))).toEqual({
      inputTokens,
      outputTokens,
      derived: false,
      contradictory: false,
    });
  });

  it.each<[string, Partial<UsageDraft>, [input: number, output: number]]>([
    [
      'counts the rest of the total as output if no reasoning is reported',
      { inputTokens: 100, outputTokens: 10 },
      [100, 400],
    ],
    ['computes an output that is not reported', { inputTokens: 100, outputTokens: null }, [100, 400]],
    ['computes an input that is not reported', { inputTokens: null, outputTokens: 10 }, [490, 10]],
  ])('%s, and flags it as derived', (_, counts, [inputTokens, outputTokens]) => {
    expect(totalsOf(draftOf({ totalTokens: 500, ...counts }))).toEqual({
      inputTokens,
      outputTokens,
      derived: true,
      contradictory: false,
    });
  });

  it.each<[string, Partial<UsageDraft>]>([
    ['a total that is smaller than input and output', { totalTokens: 90 }],
    ['reasoning that does not fill the gap', { reasoningTokens: 40, totalTokens: 500 }],
  ])('keeps and flags %s', (_, counts) => {
    expect(totalsOf(draftOf({ inputTokens: 100, outputTokens: 10, ...counts }))).toEqual({
      inputTokens: 100,
      outputTokens: 10,
      derived: false,
      contradictory: true,
    });
  });

  it('flags a gap that two different parts fill', () => {
    const counts = { reasoningTokens: 40, cachedInputTokens: 40, totalTokens: 150 };
    expect(totalsOf(draftOf({ inputTokens: 100, outputTokens: 10, ...counts }))).toMatchObject({
      outputTokens: 50,
      contradictory: true,
    });
  });

  it('leaves the output unknown if the total contains only the input, as at the start of a stream', () => {
    const draft = draftOf({ inputTokens: 100, outputTokens: null, totalTokens: 100 });
    expect(totalsOf(draft)).toMatchObject({ inputTokens: 100, outputTokens: null, derived: false });
  });

  it('leaves both counts unknown if only the total is reported', () => {
    expect(totalsOf(draftOf({ totalTokens: 500 }))).toMatchObject({ inputTokens: null, outputTokens: null });
  });
});
