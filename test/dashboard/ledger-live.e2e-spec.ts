import { money } from '../../src/llm-telemetry/dashboard/ui/formats/formats.js';
import { all, byFeature, kpi, overview, page, traffic } from './ledger-page.js';
import { usdOf } from './service-traffic.js';

describe('a call that ends while the page is open', () => {
  it('appears in measures and list without a reload, with estimated tokens flagged', async () => {
    await overview();
    const before = all().length;
    await kpi('Calls').getByText(`${before}`, { exact: true }).waitFor();
    const origin = await page.evaluate(() => performance.timeOrigin);
    await traffic.order('Order #10479: 2 x Armchairs. Total $1,290.00. [emulate cut after=12]', true);
    await kpi('Calls')
      .getByText(`${before + 1}`, { exact: true })
      .waitFor();
    await page.locator('.quality').getByText('1 call with estimated usage (~$').waitFor();
    const row = page.locator('table.calls tbody tr').first();
    await row.getByText('stream_cut').waitFor();
    expect(await row.innerText()).toMatch(/~\d+ → \d+\s+~\$0\.\d{5}$/);
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(origin);
  });

  it('is shown only if it matches the filters', async () => {
    await overview();
    const calls = byFeature().get('search_answers')!;
    await page.locator('.blame').getByRole('button', { name: 'search_answers' }).click();
    await page.getByText('search_answers is all of it.').waitFor();
    expect(await page.locator('h1').innerText()).toContain(money(usdOf(calls)));
    await kpi('Calls').getByText(`${calls.length}`, { exact: true }).waitFor();
    await page.locator(`table.calls tbody tr:nth-child(${calls.length}):last-child`).waitFor();
    await page.goBack();
    await kpi('Calls').getByText(`${all().length}`, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Outcome' }).click();
    await page.getByRole('checkbox', { name: 'stream_cut' }).check();
    await page.keyboard.press('Escape');
    await page.locator('table.calls tbody tr:only-child').waitFor();
    expect(await page.locator('table.calls tbody').innerText()).toContain('stream_cut');
    expect(new URL(page.url()).search).toBe('?range=1h&outcome=stream_cut');
  });
});
