import { list, once, parseQuery, required, requiredList } from './query.js';
import { oneOf, parsed } from './schema.js';

const number = parsed('a number', (text) => (/^\d+$/.test(text) ? Number(text) : undefined));
const color = oneOf(['red', 'green']);

const PARAMETERS = {
  size: required(number),
  limit: once(number),
  color: list(color, { max: 2, distinct: true }),
};

const parse = (query: string): unknown => parseQuery(PARAMETERS, new URLSearchParams(query));

describe('queries', () => {
  it('are parsed by the schemas of their parameters', () => {
    expect(parse('size=5&color=red&color=green')).toEqual({
      size: 5,
      limit: undefined,
      color: ['red', 'green'],
    });
  });

  it.each([
    ['size=1&sise=2', 'Unknown query parameter "sise". Did you mean "size"? Allowed: size, limit, color.'],
    ['size=1&<script>=2', 'Unknown query parameter. Allowed: size, limit, color.'],
    ['', 'Missing query parameter "size". It must be a number.'],
    ['size=', 'Query parameter "size" must be a number, received an empty value.'],
    ['size=x', 'Query parameter "size" must be a number, received "x".'],
    ['size=<b>', 'Query parameter "size" must be a number, received a text of 3 characters.'],
    ['size=1&size=2', 'Query parameter "size" is repeated. It can be given once.'],
    [
      'size=1&color=gren',
      'Query parameter "color" must be "red" or "green", received "gren". Did you mean "green"?',
    ],
    ['size=1&color=red&color=red', 'Query parameter "color" has the same value twice.'],
    [
      'size=1&color=red&color=green&color=red',
      'Query parameter "color" is repeated 3 times. It can be given at most 2 times.',
    ],
  ])('are rejected with a message that states what is expected: %s', (query, message) =>
    expect(() => parse(query)).toThrow(message),
  );

  it('reject every parameter if none is defined', () =>
    expect(() => parseQuery({}, new URLSearchParams('x=1'))).toThrow(
      'Unknown query parameter "x". Allowed: none.',
    ));

  it('require at least one value of a required list', () => {
    const parameters = { color: requiredList(color) };
    expect(parseQuery(parameters, new URLSearchParams('color=red'))).toEqual({ color: ['red'] });
    expect(() => parseQuery(parameters, new URLSearchParams())).toThrow(
      'Missing query parameter "color". It must be "red" or "green".',
    );
  });
});
