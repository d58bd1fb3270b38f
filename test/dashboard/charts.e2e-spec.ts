import type { Page } from 'playwright-core';
import type { Breakdown, Timeline } from '../../src/llm-telemetry/dashboard/api/index.js';
import { FixturePages } from './browser.js';

const pages = new FixturePages();

describe('a chart', () => {
  const now = Date.UTC(2026, 10, 23, 13, 45, 30);
  const open = async (): Promise<Page> => {
    const page = await pages.open('', { before: (page) => page.clock.setFixedTime(now) });
    await page.locator('.plot canvas').first().waitFor();
    // Later responses would move the page below the pointer.
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
    return page;
  };
  /** Lets a bucket begin, and waits until the chart shows it. */
  const addBucket = async (page: Page): Promise<void> => {
    const asked = page.waitForResponse(/timeline\?.*to=2026-11-23T14%3A01/);
    await page.clock.setFixedTime(now + 15 * 60_000);
    await asked;
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
  };

  // nasa/openmct#570: data moved below a selection that was not finished.
  it('keeps the cursor and the selection of the keyboard on their buckets when a bucket is added', async () => {
    const page = await open();
    await page.locator('.plot').first().focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Shift+ArrowLeft');
    const spoken = page.locator('.chart [aria-live]').first();
    const selection = /^14:15 – 14:30: .* Selected: 14:15 – 15:00\. Enter zooms in\.$/;
    expect(await spoken.textContent()).toMatch(selection);
    await addBucket(page);
    expect(await spoken.textContent()).toMatch(selection);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/?zoom=2026-11-23T13:15Z/2026-11-23T14:00Z');
  });

  it('keeps a selection by the pointer when responses arrive', async () => {
    const page = await pages.open('');
    await page.locator('.plot canvas').first().waitFor();
    const { x, y, width } = (await page.locator('.u-over').first().boundingBox())!;
    await page.mouse.move(x + width * 0.25, y + 80);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + 80, { steps: 3 });
    const selected = () =>
      page
        .locator('.u-select')
        .first()
        .evaluate((box) => box.clientWidth);
    const before = await selected();
    await pages.refresh(page);
    expect(await selected()).toBe(before);
    await page.mouse.move(x + width * 0.75, y + 80, { steps: 3 });
    await page.mouse.up();
    await page.waitForURL(/zoom=/);
    const [from, to] = new URL(page.url()).searchParams.get('zoom')!.split('/').map(Date.parse);
    expect((to! - from!) / 3_600_000).toBeCloseTo(12, 0);
  });

  // react/react#4492, cheminfo/nmrium#2638: the end of hovering is not reported for an element that disappears.
  it('does not stay faded when the row that highlights a series disappears', async () => {
    const page = await open();
    /** Waits until the chart shows the color of the first series, or shows it only faded. */
    const untilFaded = (faded: boolean) =>
      page.waitForFunction((faded) => {
        const canvas = document.querySelector<HTMLCanvasElement>('.plot canvas')!;
        const { width, height } = canvas;
        const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, width, height);
        const isFirst = (at: number): boolean =>
          data[at] === 43 && data[at + 1] === 87 && data[at + 2] === 200;
        let found = 0;
        for (let at = 0; at < data.length; at += 4) if (isFirst(at) && data[at + 3] === 255) found++;
        // Blended edges can have the color by chance.
        return faded === found < 100;
      }, faded);
    await untilFaded(false);
    // The last one, so that no other row moves below the pointer.
    const row = page.locator('.blame').getByRole('button', { name: 'unattributed' });
    await row.hover();
    await untilFaded(true);
    pages.server.changes.set('breakdown', ({ groups }: Breakdown) => ({
      groups: groups.filter(({ names }) => names.feature !== 'unattributed'),
    }));
    const timeline = ({ groups }: Timeline): object => ({
      groups: groups.filter(({ names }) => names['feature'] !== 'unattributed'),
    });
    pages.server.changes.set('timeline', timeline);
    await page.clock.setFixedTime(now + 20_000);
    await pages.refresh(page);
    await row.waitFor({ state: 'detached' });
    await untilFaded(false);
  });
});

it('keeps the scroll position and the selection of a table when a bucket is added', async () => {
  const now = Date.UTC(2026, 10, 23, 13, 45, 30);
  const page = await pages.open('?table=explorer', { before: (page) => page.clock.setFixedTime(now) });
  const box = page.getByRole('region', { name: /^Spend over time/ });
  await box.evaluate((element) => element.scrollTo(0, 600));
  const cell = box.locator('tbody tr').nth(30).locator('td').first();
  const text = await cell.innerText();
  const select = (element: Element): void => getSelection()!.selectAllChildren(element);
  await cell.evaluate(select);
  const at = (await cell.boundingBox())!.y;
  await page.clock.setFixedTime(now + 15 * 60_000);
  await box.locator('tbody tr').first().getByText('15:00 – 15:15').waitFor();
  const same = box.locator('tbody tr').nth(31).locator('td').first();
  expect(await same.innerText()).toBe(text);
  expect(await page.evaluate(() => getSelection()!.toString())).toBe(text);
  expect(Math.abs((await same.boundingBox())!.y - at)).toBeLessThan(2);
});
