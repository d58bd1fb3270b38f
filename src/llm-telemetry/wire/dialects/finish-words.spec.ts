import { finishOfWord } from './finish-words.js';

describe('finish reasons that gateways pass on', () => {
  it.each([
    ['MAX_TOKENS', 'length'],
    ['STOP', 'stop'],
    ['FinishReason.STOP', 'stop'],
    ['tool-calls', 'tool_calls'],
    ['SAFETY', 'content_filter'],
    ['ERROR_LIMIT', 'context_window'],
    ['abort', 'error'],
  ])('normalizes %s to %s', (word, finish) => {
    expect(finishOfWord(word)).toBe(finish);
  });

  it.each(['repetition', 'constructor', 'x'.repeat(10_000)])('keeps an unknown word (case %#)', (word) => {
    expect(finishOfWord(word)).toBe(word);
  });
});
