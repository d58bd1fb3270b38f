import { parsePriceFile, PriceFileError } from './parse-price-file.js';
import { problemsInOverrides } from './pricing.schema.js';

const parse = (text: string): unknown => parsePriceFile(text, 'prices.json', problemsInOverrides);

describe('parsePriceFile', () => {
  it('parses an object of prices by model name', () => {
    const prices = {
      'gpt-4o': { input: 2, output: 8, cachedInput: { base: 1, tiers: [{ above: 9, price: 2 }] } },
    };
    expect(parse(JSON.stringify(prices))).toEqual(prices);
    expect(parse(`\uFEFF${JSON.stringify(prices)}\r\n`)).toEqual(prices);
    expect(parse('{}')).toEqual({});
  });

  it.each([
    [
      '',
      'prices.json:1:1: the file is empty. It must contain an object of prices by model name, such as {}.',
    ],
    [' \n', 'prices.json:1:1: the file is empty.'],
    [
      '{\n  "a": {"input": 1 "output": 2}\n}',
      'prices.json:2:20: invalid JSON: missing comma or colon before "output".',
    ],
    [
      '{ "a": { "input": 1, "output": 2 ',
      'prices.json:1:34: invalid JSON: unexpected end of file, a brace, bracket or quote is not closed.',
    ],
    ['{ "a": { "input": 1, "output": 2 }, }', 'prices.json:1:37: invalid JSON: unexpected comma before }.'],
    ['{ // mine\n}', 'prices.json:1:3: invalid JSON: comments are not allowed.'],
    ['{ "a": ', 'prices.json:1:8: invalid JSON: unexpected end of file'],
    ['{ "a', 'prices.json:1:5: invalid JSON: unexpected end of file'],
    ["{ 'a': {} }", 'prices.json:1:3: invalid JSON: strings must use double quotes.'],
    ['{ "a": tru }', 'prices.json:1:8: invalid JSON: unexpected tru.'],
    ['{}\n{}', 'prices.json:2:1: invalid JSON: unexpected { after the end of the object.'],
    [
      '{ "a\nb": {} }',
      'prices.json:1:5: invalid JSON: a string contains a line break or another control character.',
    ],
    ['[]', 'prices.json:1:1: the file must be an object of prices by model name, received an array.'],
    [
      '{\n  "a": 3\n}',
      'prices.json:2:3: "a" must be an object of prices such as { input: 2, output: 8 }, received 3.',
    ],
    [
      '{\n  "gpt-4o": { "input": 1 }\n}',
      'prices.json:2:13: "gpt-4o".output must be a price in USD: 0, or a number from 0.000001 to 1000, received undefined.',
    ],
    [
      '{\n  "gpt-4o": {\n    "input": "2.50",\n    "output": 10\n  }\n}',
      'prices.json:3:5: "gpt-4o".input must be a price in USD: 0, or a number from 0.000001 to 1000, received the string "2.50".',
    ],
    [
      '{\n  "gpt-4o": { "input": 1, "output": 1,\n    "ouptut": 1 }\n}',
      'prices.json:3:5: unknown option "ouptut" in "gpt-4o". Did you mean "output"?',
    ],
    [
      '{ "a": { "output": 1, "input": { "base": 1, "tiers": [\n { "above": 1, "price": 2 },\n { "above": 2, "price": -1 } ] } } }',
      'prices.json:3:16: "a".input.tiers.1.price must be a price in USD: 0, or a number from 0.000001 to 1000, received -1.',
    ],
    [
      '{ "a": { "input": 1, "output": 1,\n "multipliers": { "flex": null } } }',
      'prices.json:2:19: "a".multipliers.flex must be a multiplier: 0, or a number up to 100, received null.',
    ],
    [
      '{ "a": { "input": 1, "output": 1e999 } }',
      'prices.json:1:22: "a".output must be a price in USD: 0, or a number from 0.000001 to 1000, received Infinity.',
    ],
    [
      '{ "a": { "input": 1, "output": 1 },\n  "a": { "input": 2, "output": 2 } }',
      'prices.json:2:3: duplicate name "a".',
    ],
    [
      '{ "__proto__": 1 }',
      'prices.json:1:3: "__proto__" is a reserved name of JavaScript and cannot be used.',
    ],
  ])('rejects %j with the line, the column and the field', (text, sentence) => {
    expect(() => parse(text)).toThrow(PriceFileError);
    expect(() => parse(text)).toThrow(sentence);
  });
});
