import { databaseErrorOf } from './trouble.js';

function errorWith(code: string | undefined, message = 'failed for user "llm" with value "secret"'): Error {
  return Object.assign(new Error(message), { code });
}

describe('errors of PostgreSQL', () => {
  it.each([
    ['57P03', 'unreachable'],
    ['57P01', 'unreachable'],
    ['08006', 'unreachable'],
    ['53300', 'too_many_connections'],
    ['28P01', 'refused'],
    ['28000', 'refused'],
    ['3D000', 'refused'],
    ['42501', 'forbidden'],
    ['25006', 'read_only'],
    ['53100', 'full'],
    ['58030', 'io_error'],
    ['XX001', 'corrupt'],
    ['57014', 'timeout'],
    ['40P01', 'locked'],
    ['42P01', 'older_version'],
    ['ECONNREFUSED', 'unreachable'],
    ['EAI_AGAIN', 'unreachable'],
    ['ETIMEDOUT', 'timeout'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'unreachable'],
  ])('with the code %s are reported as "%s"', (code, trouble) => {
    const error = databaseErrorOf(errorWith(code, 'permission denied for table call'));
    expect(error).toMatchObject({ trouble, message: expect.stringContaining(code) });
  });

  it.each([
    ['Connection terminated unexpectedly', undefined, 'unreachable'],
    ['Connection terminated due to connection timeout', undefined, 'timeout'],
    ['timeout expired', undefined, 'timeout'],
    ['The server does not support SSL connections', undefined, 'unreachable'],
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', undefined, 'refused'],
    ['no more connections allowed (max_client_conn)', '08P01', 'too_many_connections'],
    ['query_wait_timeout', '08P01', 'timeout'],
    ['unsupported startup parameter', '08P01', 'unreachable'],
  ])('and of poolers such as "%s" are reported', (message, code, trouble) => {
    expect(databaseErrorOf(errorWith(code, message))).toMatchObject({ trouble });
  });

  it.each([['22003'], ['23505'], ['22P02'], [undefined]])('with the code %s are about the values', (code) => {
    expect(databaseErrorOf(errorWith(code, 'value out of range'))).toBeNull();
  });

  it('contain no user and no values', () => {
    for (const code of ['28P01', '57P03', 'ECONNRESET'])
      expect(databaseErrorOf(errorWith(code))!.message).not.toMatch(/llm|secret/);
  });
});
