import { leastCpuMs } from '../../../../test/support/cpu-time.js';
import { parsePartialJson } from './partial-json.js';

describe('parsePartialJson', () => {
  it.each<[string, unknown]>([
    ['{"a":"hello wor', { a: 'hello wor' }],
    ['{"a":[{"b":"x"},{"c":"y', { a: [{ b: 'x' }, { c: 'y' }] }],
    ['{"a":1,"b":23', { a: 1 }],
    ['{"a":{"n":12,"m":3}', { a: { n: 12, m: 3 } }],
    ['{"a":"x","b', { a: 'x' }],
    ['{"a":"x","b":', { a: 'x' }],
    ['{"a":"x","b":tru', { a: 'x' }],
    ['{"a":"x",', { a: 'x' }],
    ['{"a":"quote \\"', { a: 'quote "' }],
    ['{"a":"backslash \\\\', { a: 'backslash \\' }],
    ['{"a":"half an escape \\', { a: 'half an escape ' }],
    ['{"a":"half an escape \\u00', { a: 'half an escape ' }],
    ['{"a":"half a character \ud83d', { a: 'half a character ' }],
    ['{"a":"{[,]}:', { a: '{[,]}:' }],
    ['{', {}],
    ['[1,2', [1]],
    ['', undefined],
    ['<html><body>', undefined],
    ['{"a":1}', { a: 1 }],
  ])('reads %j', (text, expected) => {
    expect(parsePartialJson(text)).toEqual(expected);
  });

  it('does not throw for JSON truncated at any length', () => {
    const whole = JSON.stringify({
      id: 'x',
      choices: [{ message: { content: 'a "b" \\ 😀 c' } }],
      usage: { n: 12 },
    });
    for (let length = 1; length <= whole.length; length++)
      expect(parsePartialJson(whole.slice(0, length))).toBeInstanceOf(Object);
  });

  it('parses long truncated text in linear time', () => {
    const vectors = `{"data":[${'0.123,'.repeat(1_000_000)}`;
    expect(leastCpuMs(() => void parsePartialJson(vectors))).toBeLessThan(2000);
  });
});
