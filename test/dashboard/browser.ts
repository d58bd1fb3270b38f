import axe from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page, and all that its console and its policy had to say: nothing, where all is well. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: string[];
}

export async function visit(
  browser: Browser,
  url: string,
  { theme = 'light', narrow = false }: { theme?: 'light' | 'dark'; narrow?: boolean } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    colorScheme: theme,
    // What is animated would be looked at half way.
    reducedMotion: 'reduce',
    viewport: narrow ? { width: 390, height: 844 } : { width: 1488, height: 1000 },
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  // A breach of the policy is an error of the console.
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, context, complaints };
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
