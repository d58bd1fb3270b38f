import type { Browser } from 'playwright-core';

/** One load of the page with an empty browser cache. */
export interface Load {
  /** Time from the navigation until all measures and charts are displayed. */
  readonly ms: number;
  /** Number of API requests, and the uncompressed bytes of their responses. */
  readonly requests: number;
  readonly bytes: number;
}

export async function load(browser: Browser, url: string): Promise<Load> {
  const context = await browser.newContext({ viewport: { width: 1488, height: 1000 } });
  try {
    const page = await context.newPage();
    const sizes: Array<Promise<number>> = [];
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (!pathname.includes('/api/') || pathname.endsWith('/live')) return;
      // A request that is pending when the page closes has no body.
      sizes.push(
        response.body().then(
          ({ length }) => length,
          () => 0,
        ),
      );
    });
    await page.goto(url, { waitUntil: 'commit' });
    const there = await page.waitForFunction(
      () =>
        document.querySelector('main h1') !== null &&
        document.querySelectorAll('.plot canvas').length >= 3 &&
        document.querySelector('table.calls tbody tr') !== null &&
        document.querySelector('[aria-busy=true]') === null &&
        performance.now(),
      undefined,
      { polling: 'raf', timeout: 60_000 },
    );
    const ms = (await there.jsonValue()) as number;
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    return { ms, requests: sizes.length, bytes };
  } finally {
    await context.close();
  }
}
