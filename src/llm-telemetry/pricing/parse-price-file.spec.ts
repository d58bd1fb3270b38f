import { parsePriceFile } from './parse-price-file.js';

describe('a file of prices', () => {
  it('is an object of prices by model name', () => {
    const prices = {
      'gpt-4o': { input: 2, output: 8, cachedInput: { base: 1, tiers: [{ above: 9, price: 2 }] } },
    };
    expect(parsePriceFile(JSON.stringify(prices), 'prices.json')).toEqual(prices);
    expect(parsePriceFile(`\uFEFF${JSON.stringify(prices)}\r\n`, 'prices.json')).toEqual(prices);
    expect(parsePriceFile('{}', 'prices.json')).toEqual({});
  });

  it.each([
    ['', 'prices.json:1:1: this is not JSON (value expected).'],
    ['{\n  "a": {"input": 1 "output": 2}\n}', 'prices.json:2:20: this is not JSON (comma expected).'],
    ['{ "a": { "input": 1, "output": 2 ', 'prices.json:1:34: this is not JSON (close brace expected).'],
    ['{ "a": { "input": 1, "output": 2 }, }', 'prices.json:1:37: this is not JSON'],
    ['{ // mine\n}', 'prices.json:1:3: this is not JSON (invalid comment token).'],
    ['[]', 'prices.json:1:1: the file is not an object of prices by model name.'],
    ['{\n  "a": 3\n}', 'prices.json:2:3: "a" is not an object of prices.'],
    [
      '{\n  "gpt-4o": { "input": 1 }\n}',
      'prices.json:2:13: "gpt-4o".output is missing: USD per million tokens.',
    ],
    [
      '{\n  "gpt-4o": {\n    "input": "2.50",\n    "output": 10\n  }\n}',
      'prices.json:3:5: "gpt-4o".input is not a price: 0, or a number of USD from 0.000001 to 1000, not "2.50".',
    ],
    [
      '{\n  "gpt-4o": { "input": 1, "output": 1,\n    "ouptut": 1 }\n}',
      'prices.json:3:5: "gpt-4o".ouptut is not a kind of price (input, output,',
    ],
    [
      '{ "a": { "output": 1, "input": { "base": 1, "tiers": [\n { "above": 1, "price": 2 },\n { "above": 2, "price": -1 } ] } } }',
      'prices.json:3:16: "a".input.tiers.1.price is not a price: 0, or a number of USD from 0.000001 to 1000, not -1.',
    ],
    [
      '{ "a": { "input": 1, "output": 1,\n "multipliers": { "flex": null } } }',
      'prices.json:2:19: "a".multipliers.flex is not a multiplier: a number from 0 to 100, not null.',
    ],
    ['{ "a": { "input": 1, "output": 1e999 } }', 'prices.json:1:22: "a".output is not a price'],
    [
      '{ "a": { "input": 1, "output": 1 },\n  "a": { "input": 2, "output": 2 } }',
      'prices.json:2:3: "a" is there twice.',
    ],
    ['{ "__proto__": 1 }', 'prices.json:1:3: "__proto__" is not an object of prices.'],
  ])('%j is refused with the line, the column and the field', (text, sentence) => {
    expect(() => parsePriceFile(text, 'prices.json')).toThrow(TypeError);
    expect(() => parsePriceFile(text, 'prices.json')).toThrow(sentence);
  });
});
