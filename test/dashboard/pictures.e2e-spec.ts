import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { FixturePages, type Look } from './browser.js';

/**
 * Screenshots for README and docs, with fixture traffic at a fixed time. `npm run screenshots` writes them to
 * `docs/images`. Other runs write them to a temporary folder and check only what does not depend on font rendering:
 * that they exist, their dimensions and that they are not empty.
 */
const ROOT = join(import.meta.dirname, '../..');
const IMAGES_FOLDER = join(ROOT, 'docs/images');
const NOW = Date.UTC(2026, 10, 23, 13, 45, 30);
const WIDTH = 1440;
const MAX_BYTES = 250_000;

const PICTURES: ReadonlyArray<{
  readonly name: string;
  readonly path: string;
  readonly height: number;
  readonly theme: NonNullable<Look['theme']>;
  readonly shown: (page: Page) => Promise<unknown>;
}> = [
  { name: 'overview-light', path: '', height: 1040, theme: 'light', shown: overviewShown },
  { name: 'overview-dark', path: '', height: 1040, theme: 'dark', shown: overviewShown },
  {
    name: 'call',
    path: 'calls/<id>',
    height: 980,
    theme: 'light',
    shown: (page) => page.locator('.waterfall-key').waitFor(),
  },
  {
    name: 'calls',
    path: 'calls',
    height: 760,
    theme: 'light',
    shown: (page) => page.locator('table.calls tbody tr').nth(49).waitFor(),
  },
];

const pages = new FixturePages(NOW);
let folder = '';
beforeAll(() => {
  folder = process.env['PICTURES']
    ? join(ROOT, process.env['PICTURES'])
    : mkdtempSync(join(tmpdir(), 'pictures-'));
});
afterAll(() => {
  if (!process.env['PICTURES']) rmSync(folder, { recursive: true });
});

it.each(PICTURES)('creates the screenshot $name', async ({ name, path, height, theme, shown }) => {
  const page = await pages.open(path.replace('<id>', pages.idOf(130)), {
    theme,
    width: WIDTH,
    height,
    before: useInter,
  });
  await shown(page);
  await page.mouse.move(0, 0);
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
  const file = join(folder, `${name}.png`);
  await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
  expect(sizeOf(file)).toEqual([WIDTH, height]);
  // An empty page compresses to a few thousand bytes.
  expect(statSync(file).size).toBeGreaterThan(40_000);
  expect(statSync(file).size).toBeLessThan(MAX_BYTES);
});

it('README or docs/dashboard.md contain each screenshot in docs/images', () => {
  const text = ['README.md', 'docs/dashboard.md']
    .map((file) => readFileSync(join(ROOT, file), 'utf8'))
    .join('');
  for (const { name, height } of PICTURES) {
    expect(text).toContain(`images/${name}.png`);
    const file = join(IMAGES_FOLDER, `${name}.png`);
    expect([name, existsSync(file)]).toEqual([name, true]);
    expect([name, ...sizeOf(file)]).toEqual([name, WIDTH, height]);
    expect(statSync(file).size).toBeLessThan(MAX_BYTES);
  }
});

async function overviewShown(page: Page): Promise<void> {
  await page.locator('.plot canvas').nth(2).waitFor();
  await page.locator('table.calls tbody tr').first().waitFor();
  await page.getByRole('region', { name: 'Budgets' }).waitFor();
}

/** Adds the preferred font of the page from bytes, because its policy forbids fetching it and CI has no such font. */
async function useInter(page: Page): Promise<void> {
  const file = createRequire(import.meta.url).resolve(
    '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
  );
  await page.addInitScript((base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const inter = new FontFace('Inter', bytes, { weight: '100 900' });
    document.fonts.add(inter);
    void inter.load();
  }, readFileSync(file).toString('base64'));
}

/** Returns width and height from the header of a PNG file. */
function sizeOf(file: string): [number, number] {
  const head = readFileSync(file).subarray(16, 24);
  return [head.readUInt32BE(0), head.readUInt32BE(4)];
}
