import { FixturePages } from './browser.js';

const NOW = Date.UTC(2026, 10, 23, 13, 45, 30);
const pages = new FixturePages(NOW);

it('marks releases in charts, and names the versions in summaries, tooltips and tables', async () => {
  const page = await pages.open('');
  const plot = page.getByRole('img', {
    name: /^Spend over time.* Releases: 2\.5\.0, after 2\.4\.1, [^;]*\. Arrow keys/,
  });
  await plot.waitFor();
  for (const title of ['Truncation by model', 'Errors by type'])
    await page.getByRole('img', { name: new RegExp(`^${title}.* Releases: 2\\.5\\.0`) }).waitFor();
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
  await plot.focus();
  await page.keyboard.press('End');
  const tooltip = page.locator('.tooltip-release');
  for (let bucket = 0; bucket < 100 && (await tooltip.count()) === 0; bucket++)
    await page.keyboard.press('ArrowLeft');
  expect(await tooltip.innerText()).toBe('Release 2.5.0, after 2.4.1');
  expect(await page.locator('.chart [aria-live]').first().textContent()).toMatch(
    /: .*\. Release 2\.5\.0, after 2\.4\.1$/,
  );
  await page.getByRole('button', { name: 'Table of Spend over time' }).click();
  await page.getByRole('cell', { name: /release 2\.5\.0, after 2\.4\.1$/ }).waitFor();
});
