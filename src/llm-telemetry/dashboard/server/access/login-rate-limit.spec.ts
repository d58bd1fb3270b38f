import { LoginRateLimit, type LoginRateLimitException } from './login-rate-limit.js';

/** Returns the status of the response to a request with a token. */
function statusOf(limit: LoginRateLimit, address: string): number {
  try {
    limit.check(address);
    return 200;
  } catch (error) {
    return (error as LoginRateLimitException).getStatus();
  }
}

function exhaust(limit: LoginRateLimit, address: string): void {
  for (let index = 0; index < 30; index++) limit.add(address);
}

/** Returns whether `address` must wait after a burst of wrong tokens from `senders`, in turn. */
function isLimited(senders: readonly string[], address: string): boolean {
  const limit = new LoginRateLimit(() => 0);
  for (let index = 0; index < 30; index++) limit.add(senders[index % senders.length]!);
  return statusOf(limit, address) === 429;
}

describe('rate limit of wrong tokens', () => {
  it('refuses all addresses of an exhausted network and no others', () => {
    const limit = new LoginRateLimit(() => 0);
    for (const address of ['203.0.113.7', '2001:db8:1:2::1', '::1']) exhaust(limit, address);
    const refused = [
      '203.0.113.7',
      '::ffff:203.0.113.7',
      '2001:DB8:1:2:aaaa::9',
      '2001:db8:1:2:3:4:5:6',
      '::1',
    ];
    expect(refused.map((address) => statusOf(limit, address))).toEqual(refused.map(() => 429));
    const others = ['203.0.113.8', '::ffff:203.0.113.8', '2001:db8:1:3::1', 'fe80::1', ''];
    expect(others.map((address) => statusOf(limit, address))).toEqual(others.map(() => 200));
  });

  it('allows one more token every ten seconds', () => {
    let now = 5e6;
    const limit = new LoginRateLimit(() => now);
    exhaust(limit, '203.0.113.7');
    expect(() => limit.check('203.0.113.7')).toThrow('Try again in 10 s.');
    now += 10_000;
    expect(statusOf(limit, '203.0.113.7')).toBe(200);
    limit.add('203.0.113.7');
    expect(statusOf(limit, '203.0.113.7')).toBe(429);
  });

  it('counts 10,000 networks individually and all further ones together', () => {
    let now = 0;
    const limit = new LoginRateLimit(() => now);
    for (let index = 0; index < 10_000; index++) limit.add(`10.0.${index >> 8}.${index & 255}`);
    expect(statusOf(limit, '192.0.2.1')).toBe(200);
    exhaust(limit, '192.0.2.1');
    expect([statusOf(limit, '192.0.2.2'), statusOf(limit, '10.0.0.1')]).toEqual([429, 200]);
    // The buckets of the first networks are empty by now and are removed.
    now += 10_000;
    exhaust(limit, '192.0.2.3');
    expect([statusOf(limit, '192.0.2.3'), statusOf(limit, '192.0.2.4')]).toEqual([429, 200]);
  });

  // https://github.com/express-rate-limit/express-rate-limit/issues/502: a client rotates through its IPv6 addresses.
  it('applies to a /64 network of IPv6 regardless of the notation of its addresses', () => {
    const senders = ['2001:db8:0:1::1', '2001:DB8::1:ffff:0:0:2', '2001:db8:0:1:1:2:3:4'];
    expect(isLimited(senders, '2001:0db8:0000:0001:ffff::')).toBe(true);
    expect(isLimited(['2001::1:a:b:c:d'], '2001:0:0:1::5')).toBe(true);
  });

  it('does not apply to other networks with the same first groups', () => {
    const others = ['2001::2:a:b:c:d', '2001::3:a:b:c:d', '2001::4:a:b:c:d'];
    expect(others.filter((other) => isLimited(['2001::1:a:b:c:d'], other))).toEqual([]);
  });

  // https://github.com/overleaf/overleaf/issues/1282: an IPv6 address was refused, so no login was possible.
  it.each(['::1', '::', 'fe80::1%eth0', '2a01:c23:648d:6001:8712:1a3a:59eb:a3ae', '', 'unix:'])(
    'accepts the address "%s"',
    (address) => {
      expect(isLimited([address], address)).toBe(true);
    },
  );

  // https://github.com/Team-Commonly/commonly/issues/652: two spellings of an address had separate limits.
  it('treats an IPv4 address within IPv6 as the IPv4 address', () => {
    expect(isLimited(['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:203.0.113.7'], '203.0.113.7')).toBe(true);
  });
});
