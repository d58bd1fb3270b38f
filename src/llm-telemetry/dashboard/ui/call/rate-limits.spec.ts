import { rateLimitTexts } from './rate-limits.js';

const NOW = Date.UTC(2026, 10, 24, 12);

describe('rate limit headers', () => {
  it.each([
    [
      'OpenAI',
      {
        'x-ratelimit-limit-requests': '10000',
        'x-ratelimit-remaining-requests': '9999',
        'x-ratelimit-reset-requests': '8.64s',
        'x-ratelimit-remaining-tokens': '199000',
      },
      ['9,999 of 10,000 requests, reset in 8.64 s', '199,000 tokens'],
    ],
    [
      'Anthropic',
      {
        'anthropic-ratelimit-requests-limit': '4000',
        'anthropic-ratelimit-requests-remaining': '3999',
        'anthropic-ratelimit-requests-reset': '2026-11-24T12:00:02Z',
        'anthropic-ratelimit-input-tokens-remaining': '319000',
        'anthropic-ratelimit-output-tokens-remaining': '80000',
        'anthropic-ratelimit-tokens-remaining': '399000',
      },
      [
        '3,999 of 4,000 requests, reset in 2.00 s',
        '399,000 tokens',
        '319,000 input tokens',
        '80,000 output tokens',
      ],
    ],
    [
      'Anthropic, priority',
      { 'anthropic-priority-input-tokens-remaining': '5000' },
      ['5,000 priority input tokens'],
    ],
    ['OpenAI, project', { 'x-ratelimit-remaining-project-tokens': '12' }, ['12 project tokens']],
    [
      'Cerebras',
      { 'x-ratelimit-remaining-requests-day': '14399', 'x-ratelimit-remaining-tokens-minute': '59000' },
      ['14,399 requests a day', '59,000 tokens a minute'],
    ],
    [
      'Fireworks',
      { 'x-ratelimit-remaining-tokens-prompt': '60000', 'x-ratelimit-remaining-tokens-generated': '6000' },
      ['60,000 input tokens', '6,000 output tokens'],
    ],
    [
      'Together',
      { 'x-ratelimit-remaining': '9', 'x-tokenlimit-remaining': '200', 'x-ratelimit-reset': '6m0s' },
      ['9 requests, reset in 6 m 00 s', '200 tokens'],
    ],
    ['Mistral', { 'x-ratelimitbysize-remaining-minute': '499990' }, ['499,990 tokens a minute']],
    [
      'IETF',
      { 'ratelimit-limit': '50', 'ratelimit-remaining': '0', 'ratelimit-reset': '30' },
      ['0 of 50 requests, reset in 30.0 s'],
    ],
    ['unknown words', { 'x-ratelimit-remaining-images': 'many' }, ['many images']],
  ] as const)('are described for %s', (_, headers, texts) => {
    expect(rateLimitTexts(headers, NOW)).toEqual(texts);
  });
});
