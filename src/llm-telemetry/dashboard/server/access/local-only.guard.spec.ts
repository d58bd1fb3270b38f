import { isLoopbackAddress, isLoopbackHost } from './local-only.guard.js';

describe('loopback', () => {
  it.each(['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:0:0:1'])(
    'includes the address %s',
    (address) => expect(isLoopbackAddress(address)).toBe(true),
  );

  it.each([
    undefined,
    '',
    '126.255.255.255',
    '128.0.0.1',
    '10.0.0.1',
    '172.17.0.1',
    '::2',
    '::',
    '::ffff:10.0.0.1',
  ])('excludes the address %s', (address) => expect(isLoopbackAddress(address)).toBe(false));

  it('excludes long hosts and hosts with user information', () => {
    for (const host of [
      null,
      'x@localhost',
      'localhost/x',
      'localhost\\x',
      'localhost?',
      `${'a'.repeat(400)}.localhost`,
    ])
      expect([host, isLoopbackHost(host)]).toEqual([host, false]);
  });
});
