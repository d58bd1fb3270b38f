import { errorClassOf, errorTypeOf, errorTypeOfTransport } from './error-type.js';

const throwing = {
  get(): never {
    throw new Error('a getter that throws');
  },
};
const traps = new Proxy({}, { get: throwing.get, getPrototypeOf: throwing.get, has: throwing.get });
const revoked = Proxy.revocable({}, {});
revoked.revoke();

describe.each<[string, () => unknown]>([
  ['undefined', () => undefined],
  ['null', () => null],
  ['a string', () => 'rate_limit_error'],
  ['a number', () => 429],
  ['a bigint', () => 429n],
  ['a symbol', () => Symbol('x')],
  ['a function', () => () => 429],
  ['an empty object', () => ({})],
  ['an object without a prototype', () => Object.create(null)],
  ['a list', () => [new Error('x')]],
  [
    'an object of the wrong types',
    () => ({ status: '429', code: 7, type: {}, error: 'x', name: 3, cause: 'y', message: [] }),
  ],
  ['a nameless class', () => new (class {})()],
  ['an object whose constructor is a string', () => ({ constructor: 'Error' })],
  ['an object whose constructor is null', () => ({ constructor: null })],
  ...['status', 'code', 'type', 'error', 'message', 'name', 'constructor', 'cause', 'lastError'].map(
    (name): [string, () => unknown] => [
      `an error whose ${name} throws`,
      () => Object.defineProperty(new Error('x'), name, throwing),
    ],
  ),
  ['an error whose body throws', () => ({ error: Object.defineProperty({}, 'type', throwing) })],
  ['a proxy whose traps throw', () => traps],
  ['a proxy that was revoked', () => revoked.proxy],
])('%s as an error', (_, make) => {
  it('returns unknown and does not throw', () => {
    expect(errorTypeOf(make())).toBe('unknown');
    expect(errorTypeOfTransport(make())).toBe('connection');
    expect(typeof errorClassOf(make())).toBe('string');
  });
});

it('has the class Error if it is a proxy whose traps throw', () => {
  expect(errorClassOf(traps)).toBe('Error');
});
