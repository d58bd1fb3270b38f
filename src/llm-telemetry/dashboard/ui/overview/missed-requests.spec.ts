import { missedElsewhere, missedGroups, missedText } from './missed-requests.js';

const capture = (...counts: Array<[host: string, count: number]>) => ({
  missedRequests: counts.reduce((sum, [, count]) => sum + count, 0),
  missedByHost: Object.fromEntries(counts),
  missedByTransport: { undici: Object.fromEntries(counts) },
});

describe('the text about missed requests', () => {
  it.each([
    ['1 request to a.example was not captured', capture(['a.example', 1])],
    ['3 requests to a.example were not captured', capture(['a.example', 3])],
    ['3 requests to b.example and a.example were not captured', capture(['a.example', 1], ['b.example', 2])],
    [
      '1,006 requests to c.example, b.example and a.example were not captured',
      capture(['a.example', 1], ['b.example', 5], ['c.example', 1000]),
    ],
    [
      '10 requests to d.example, c.example, b.example and 1 more host were not captured',
      capture(['a.example', 1], ['b.example', 2], ['c.example', 3], ['d.example', 4]),
    ],
    [
      '5 requests to a, b, c and 2 more hosts were not captured',
      capture(['e', 1], ['d', 1], ['c', 1], ['b', 1], ['a', 1]),
    ],
  ])('names at most three hosts, most requests first: %s', (text, missed) => {
    expect(missedText(missed)).toBe(text);
  });

  it('lists all hosts by transport with a remedy, and counts the requests to hosts that the service does not list', () => {
    const missed = {
      missedRequests: 12,
      missedByHost: { b: 1, a: 1, c: 7 },
      missedByTransport: { http2: { c: 3 }, undici: { b: 1, a: 1, c: 4 } },
    };
    expect(missedGroups(missed)).toEqual([
      {
        label: 'fetch',
        hosts: [
          ['c', 4],
          ['a', 1],
          ['b', 1],
        ],
        remedy: expect.stringContaining('telemetry.wrapFetch(fetch)'),
      },
      { label: 'HTTP/2', hosts: [['c', 3]], remedy: expect.stringContaining('observeAwsClient') },
    ]);
    expect(missedElsewhere(missed)).toBe(3);
  });
});
