import axe from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { programPath, requirePrograms } from '../support/optional-programs.js';
import { FixtureServer } from './fixture-server.js';

requirePrograms('chromium');

/** `more`: further arguments of Chromium. */
export function startBrowser(...more: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: programPath('chromium'),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      // Letters stand where they are measured, on every machine.
      '--font-render-hinting=none',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}

export interface Look {
  readonly theme?: 'light' | 'dark';
  readonly narrow?: boolean;
  /** In pixels, where it is neither wide nor narrow. */
  readonly width?: number;
  readonly touch?: boolean;
  readonly height?: number;
  /** What is done before the page is asked for. */
  readonly before?: (page: Page) => Promise<void>;
}

/** For a file of tests: one browser, and for each test a server of fixtures and a page. */
export class FixturePages {
  server!: FixtureServer;
  /** All that the console and the policy had to say. A test that expects some of it takes it away. */
  complaints: string[] = [];
  context!: BrowserContext;
  url = '';
  private browser!: Browser;

  /** `now`: when time stands still, for the server and the page. Timers run. */
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

  /** The id of the fixture call with this number. */
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
      // What is animated would be looked at half way.
      reducedMotion: 'reduce',
      viewport: { width, height },
      timezoneId: 'Europe/Berlin',
      hasTouch: touch,
    });
    const page = await this.context.newPage();
    if (this.now !== undefined) await page.clock.setFixedTime(this.now);
    // A breach of the policy is an error of the console.
    page.on('console', (message) => this.complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    await before?.(page);
    await page.goto(`${this.url}/${path}`);
    return page;
  }
}

/** What axe finds wrong: the rule, and where. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Evaluated by the browser's own tools, which no policy forbids.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}
