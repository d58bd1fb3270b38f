import { outcomeLine, outcomeOf, type OutcomeFacts } from './outcome.js';

const ended = (outcome: string, facts: Partial<OutcomeFacts> = {}) =>
  outcomeOf({ outcome, failed: false, truncated: false, ...facts });

describe('outcome of a call', () => {
  it('has an icon, a word and a tone', () => {
    expect(ended('ok')).toEqual({ tone: 'plain', icon: 'check', text: 'OK' });
    expect(ended('tool_calls')).toMatchObject({ tone: 'plain', text: 'Tool calls' });
    expect(ended('cancelled')).toMatchObject({ tone: 'quiet', icon: 'dot', text: 'Cancelled' });
    expect(ended('refusal')).toMatchObject({ tone: 'quiet', text: 'Refused' });
  });

  it('is truncated for every limit, whether an error is thrown or not', () => {
    for (const [outcome, failed] of [
      ['length', false],
      ['context_window', false],
      ['truncated', true],
    ] as const)
      expect(ended(outcome, { failed, truncated: true })).toEqual({
        tone: 'warn',
        icon: 'cut',
        text: 'Truncated',
      });
  });

  it('is the error type of the API, even if a truncated response could not be parsed', () => {
    expect(ended('rate_limit', { failed: true })).toEqual({ tone: 'bad', icon: 'cross', text: 'rate_limit' });
    expect(ended('parse', { failed: true, truncated: true })).toMatchObject({ tone: 'bad', text: 'parse' });
  });

  it('is shown in a neutral tone if it is unknown', () => {
    expect(ended('eos_token')).toEqual({ tone: 'quiet', icon: 'dot', text: 'eos_token' });
    expect(outcomeLine('eos_token', undefined)).toBe('as reported by the provider');
  });

  it('states which limit was hit', () => {
    expect(outcomeLine('length', 1024)).toBe('hit max_tokens 1,024');
    expect(outcomeLine('length', undefined)).toBe('hit the token limit');
  });
});
