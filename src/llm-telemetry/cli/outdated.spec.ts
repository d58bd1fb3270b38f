import { waitForUpdate } from '@pydantic/genai-prices';
import { parsePriceTable, type TableRow } from '../pricing/parse-price-table.js';
import { outdated } from './outdated.js';

const installed = async (): Promise<readonly TableRow[]> =>
  parsePriceTable(JSON.parse(JSON.stringify(await waitForUpdate())));

const changed = async (): Promise<readonly TableRow[]> =>
  (await installed()).map((row) => ({
    ...row,
    models: row.models.flatMap((model) => {
      if (row.id !== 'openai') return [model];
      if (model.id === 'gpt-4o') return [{ ...model, prices: { input_mtok: 99, output_mtok: 99 } }];
      if (model.id === 'o1') return [{ ...model, id: 'gpt-99', match: { equals: 'gpt-99' } }];
      return [model];
    }),
  }));

describe('command prices --outdated', () => {
  it('exits with 0 if the published table has the same prices', async () => {
    const { code, stdout } = await outdated(false, installed);
    expect([code, stdout]).toEqual([0, 'Up to date: @pydantic/genai-prices 0.1.8 of 2026-09-23.\n']);
  });

  it('exits with 1 and lists models with changed prices, new and removed ones', async () => {
    const { code, stdout } = await outdated(false, changed);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Prices have changed \(\d+\):\n(?: .*\n)*?  openai gpt-4o\n/);
    expect(stdout).toMatch(
      /Models without a price in the installed table \(\d+\):\n(?: .*\n)*?  openai gpt-99\n/,
    );
    expect(stdout).toMatch(/no longer listed \(\d+\):\n(?: .*\n)*?  openai o1\n/);
  });

  it('prints JSON', async () => {
    const { stdout } = await outdated(true, changed);
    expect(JSON.parse(stdout)).toMatchObject({
      date: '2026-09-23',
      models: expect.arrayContaining([{ provider: 'openai', model: 'gpt-4o', state: 'changed' }]),
    });
  });

  it('exits with 2 if the table cannot be loaded', async () => {
    const result = await outdated(false, () => Promise.reject(new Error('no network')));
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('no network') });
  });
});
