import axe from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { programPath, requirePrograms } from '../support/optional-programs.js';
import { FixtureServer } from './fixture-server.js';
import { slowDownPages } from './slow-machine.js';

requirePrograms('chromium');

/** Starts Chromium. @param more Additional arguments of Chromium. */
export async function startBrowser(...more: string[]): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: programPath('chromium'),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      // Makes text layout equal on all machines.
      '--font-render-hinting=none',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    slowDownPages(context);
    return context;
  };
  return browser;
}

export interface Look {
  readonly theme?: 'light' | 'dark';
  readonly narrow?: boolean;
  /** Viewport width in pixels. @defaultValue 390 if `narrow`, otherwise 1488 */
  readonly width?: number;
  readonly touch?: boolean;
  readonly height?: number;
  /** Runs before the page is requested. */
  readonly before?: (page: Page) => Promise<void>;
}

/** Provides one browser for each test file, and a fixture server and pages for each test. */
export class FixturePages {
  server!: FixtureServer;
  /** Console messages and page errors. The test fails if any are left, so tests remove those they expect. */
  complaints: string[] = [];
  context!: BrowserContext;
  url = '';
  private browser!: Browser;
  private refreshes = 0;

  /** @param now Fixed time of the server and the page. Timers still run. */
  constructor(private readonly now?: number) {
    import.meta.jest.setTimeout(60_000);
    beforeAll(async () => {
      this.browser = await startBrowser();
    });
    afterAll(() => this.browser.close());
    beforeEach(async () => {
      this.complaints = [];
      this.server = new FixtureServer(now === undefined ? Date.now : () => now);
      this.url = await this.server.start();
    });
    afterEach(async () => {
      await this.context.close();
      await this.server.stop();
      if (this.complaints.length > 0)
        throw new Error(`The console is not silent:\n${this.complaints.join('\n')}`);
    });
  }

  /** Returns the id of the fixture call with this number. */
  idOf(call: number): string {
    return this.server.calls.idOf(call);
  }

  async open(
    path: string,
    {
      theme = 'light',
      narrow = false,
      width = narrow ? 390 : 1488,
      height = narrow ? 844 : 1000,
      touch = false,
      before,
    }: Look = {},
  ): Promise<Page> {
    this.context = await this.browser.newContext({
      colorScheme: theme,
      // Animations would be checked before they end.
      reducedMotion: 'reduce',
      viewport: { width, height },
      timezoneId: 'Europe/Berlin',
      hasTouch: touch,
    });
    const page = await this.context.newPage();
    if (this.now !== undefined) await page.clock.setFixedTime(this.now);
    // Violations of the content security policy are console errors.
    page.on('console', (message) => this.complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    await before?.(page);
    await page.goto(`${this.url}/${path}`);
    return page;
  }

  /** Makes a page request everything again, and waits until it shows the responses. */
  async refresh(page: Page): Promise<void> {
    const name = `orders-${++this.refreshes}`;
    this.server.changes.set('status', () => ({ service: name }));
    await page.locator('.pulse:not(.off)').first().waitFor({ state: 'attached' });
    this.server.send('calls', { calls: [], more: false });
    await page.getByRole('link', { name: `${name}, overview` }).waitFor();
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
  }

  /**
   * Opens a page and stops its timers and frames when the element `shown` is visible, so that effects that wait for the
   * next paint do not run: what a user can do before them must not need them.
   */
  async openPaused(path: string, shown: string): Promise<Page> {
    const page = await this.open(path, { before: (page) => page.clock.install() });
    await page.locator(shown).first().waitFor();
    await page.clock.pauseAt(Date.now() + 60_000);
    return page;
  }
}

/** Returns path and query as the page itself sees them: `page.url()` learns later of what `history.pushState` does. */
export function addressOf(page: Page): Promise<string> {
  return page.evaluate(() => location.pathname + location.search);
}

/** Returns the violations that axe finds, with rule and element. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Evaluated by the debugging protocol, to which the content security policy does not apply.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}
