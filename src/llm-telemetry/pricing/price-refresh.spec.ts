import { once, EventEmitter } from 'node:events';
import { GenaiPrices } from './genai-prices.provider.js';
import { parsePriceTable, type TableRow } from './parse-price-table.js';
import { PriceRefresh } from './price-refresh.js';
import { PriceTable } from './price-table.js';

const ROWS = parsePriceTable([
  {
    id: 'openai',
    models: [{ id: 'gpt-99', match: { equals: 'gpt-99' }, prices: { input_mtok: 7, output_mtok: 8 } }],
  },
]);
const QUERY = { provider: 'openai', model: 'gpt-99', at: new Date('2026-11-20') };
const HOUR = 3_600_000;

describe('the refresh of the price table', () => {
  let refresh: PriceRefresh | undefined;
  afterEach(() => refresh?.close());

  function start(load: () => Promise<readonly TableRow[]>) {
    const table = new PriceTable();
    const messages: Array<[string, boolean]> = [];
    refresh = new PriceRefresh(table, HOUR, (...message) => messages.push(message), load);
    return { table, messages, prices: new GenaiPrices(undefined, table) };
  }

  it('replaces the table after the start, also for models that were looked up before', async () => {
    const loaded = new EventEmitter();
    const { prices, table } = start(() => {
      setImmediate(() => loaded.emit('loaded'));
      return Promise.resolve(ROWS);
    });
    expect(prices.find(QUERY)).toBeNull();
    await once(loaded, 'loaded');
    expect(prices.find(QUERY)).toMatchObject({ prices: { input: 7, output: 8 } });
    expect(table.info.date).toBe(new Date().toISOString().slice(0, 10));
  });

  it('keeps the last table and logs the first of several failures', async () => {
    let fails = true;
    const { table, messages, prices } = start(() =>
      fails ? Promise.reject(new Error('no network')) : Promise.resolve(ROWS),
    );
    await refresh!.refresh();
    await refresh!.refresh();
    expect(messages).toEqual([[expect.stringContaining('no network'), false]]);
    expect(table.updates).toBe(0);
    expect(prices.find({ ...QUERY, model: 'gpt-4o' })).not.toBeNull();
    fails = false;
    await refresh!.refresh();
    expect(messages[1]).toEqual(['The price table was loaded again.', true]);
  });

  it('shares one request between concurrent calls and stops when it is closed', async () => {
    let loads = 0;
    const { table } = start(() => {
      loads++;
      return Promise.resolve(ROWS);
    });
    await Promise.all([refresh!.refresh(), refresh!.refresh()]);
    expect(loads).toBe(1);
    refresh!.close();
    await refresh!.refresh();
    expect([loads, table.updates]).toEqual([1, 1]);
  });
});
