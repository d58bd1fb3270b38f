import { waitForUpdate } from '@pydantic/genai-prices';
import { CHARGEABLE_KEYS, GenaiPrices } from './genai-prices.provider.js';
import { newestPriceDate, parsePriceTable, type TableRow } from './parse-price-table.js';
import { PriceTable } from './price-table.js';

/** All rows of the installed package. */
const installedRows = async (): Promise<unknown> => JSON.parse(JSON.stringify(await waitForUpdate()));

const model = (prices: unknown, match: unknown = { equals: 'm' }): unknown => [
  { id: 'openai', models: [{ id: 'm', match, prices }] },
];

describe('the table of the installed package', () => {
  let rows: readonly TableRow[];
  beforeAll(async () => {
    rows = parsePriceTable(await installedRows());
  });

  it('is valid in every row', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.find(({ id }) => id === 'openai')!.models.length).toBeGreaterThan(50);
  });

  it('has the prices that its own lookup has', () => {
    const table = new PriceTable();
    table.replace(rows, Date.UTC(2026, 10, 30));
    const query = { provider: 'anthropic', model: 'claude-sonnet-4-6', at: new Date('2026-11-20') };
    const [ours, updated] = [new GenaiPrices(), new GenaiPrices(undefined, table)].map((prices) =>
      prices.find(query),
    );
    expect(updated!.prices).toEqual(ours!.prices);
    expect(updated!.pricedFrom).toContain('published update of 2026-11-30');
  });

  it('has only these price keys that are not charged: models with them have no price', () => {
    const keys = new Set<string>();
    for (const { models } of rows)
      for (const { prices } of models)
        for (const one of Array.isArray(prices) ? prices.map((price) => price.prices) : [prices])
          for (const key of Object.keys(one)) if (!CHARGEABLE_KEYS.has(key)) keys.add(key);
    expect([...keys].sort()).toEqual(UNKNOWN_KEYS);
  });
});

const UNKNOWN_KEYS: readonly string[] = [
  'input_text_messages_kcount',
  'input_video_mtok',
  'output_citation_mtok',
  'output_reasoning_mtok',
  'output_video_mtok',
  'requests_kcount',
];

describe('a published table', () => {
  it.each<[string, unknown, string]>([
    ['no list', { providers: [] }, 'the table must be a list.'],
    ['no model', [], 'the table must have models.'],
    ['a row without a name', [{ models: [] }], 'the table[0].id must be a text'],
    ['a negative price', model({ input_mtok: -1 }), 'the table[0].models[0].prices.input_mtok'],
    ['a text as price', model({ input_mtok: '1' }), 'input_mtok must be an object.'],
    ['an absurd price', model({ input_mtok: 1e9 }), 'input_mtok must be an object.'],
    ['an invalid tier', model({ input_mtok: { base: 1, tiers: [{ start: -1, price: 1 }] } }), 'tiers[0]'],
    ['an invalid date', model([{ constraint: { start_date: 'soon' }, prices: {} }]), 'constraint must have'],
    ['an unknown match', model({}, { like: 'm' }), 'match must be one of'],
    ['an invalid pattern', model({}, { regex: '(' }), 'regex must be a regular expression.'],
    ['a long name', [{ id: 'x'.repeat(301), models: [] }], 'must be a text of 1 to 300 characters.'],
    ['too many rows', Array.from({ length: 501 }, () => ({ id: 'x', models: [] })), 'at most 500 items.'],
  ])('is rejected with %s', (_, data, message) => {
    expect(() => parsePriceTable(data)).toThrow(message);
  });

  it('has dates and times of day with and without a type', () => {
    const prices = [
      { prices: { input_mtok: 1 } },
      { constraint: { start_date: '2026-01-01' }, prices: { input_mtok: 2 } },
      { constraint: { start_date: '2999-01-01', type: 'start_date' }, prices: { input_mtok: 3 } },
    ];
    const rows = parsePriceTable(model(prices));
    expect(newestPriceDate(rows, '2026-11-30')).toBe('2026-01-01');
    expect(rows[0]!.models[0]!.prices).toMatchObject([{}, { constraint: { type: 'start_date' } }, {}]);
  });
});
