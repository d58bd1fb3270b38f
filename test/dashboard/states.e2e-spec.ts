import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import { axeFindings, FixturePages, type Look } from './browser.js';
import type { FixtureState } from './fixture-query.js';

const NOW = Date.UTC(2026, 10, 23, 13, 45, 30);
const UNAVAILABLE = { status: 503, message: 'The store is not responding.' };

describe('the page', () => {
  const pages = new FixturePages(NOW);
  let page: Page;

  const open = async (path = '', look: Look = {}): Promise<void> => {
    page = await pages.open(path, look);
  };
  /** Removes messages of the browser about responses with status 503. */
  const forgive503 = (): void => {
    pages.complaints = pages.complaints.filter((text) => !text.includes('503'));
  };

  it('shows placeholders while it loads', async () => {
    pages.server.silent.add('*');
    await open();
    await page.getByRole('heading', { name: 'Loading' }).waitFor({ state: 'attached' });
    expect(await page.locator('.kpi').count()).toBe(7);
  });

  it('shows setup hints if there are no calls yet', async () => {
    pages.server.state = 'empty';
    await open();
    await page.getByRole('heading', { name: 'No calls yet' }).waitFor();
    const text = await page.locator('main').innerText();
    expect(text).toContain('fetch instrumented since 11:45');
    expect(text).toContain('Store is writable: /srv/orders/.llm-telemetry/calls.db');
    expect(text).toContain('No request to a known provider yet');
    expect(text).toContain('@LlmCall(');
  });

  it('shows requests that bypassed the instrumentation if there are no calls yet', async () => {
    pages.server.state = 'missed';
    await open();
    await page.getByRole('heading', { name: 'No calls yet' }).waitFor();
    await page.getByText('3 requests to api.openai.com were not captured.').waitFor();
    const text = await page.locator('main').innerText();
    expect(text).not.toContain('No request to a known provider yet');
  });

  it('offers to clear the filters if no calls match', async () => {
    await open('?feature=nothing');
    await page.getByRole('heading', { name: 'No calls match' }).waitFor();
    await page.locator('main').getByRole('button', { name: 'Clear filters' }).click();
    await page.getByText('in 24 hours').waitFor();
  });

  it('states that the range has no calls if other ranges have calls', async () => {
    await open('?range=2026-11-25T00:00Z/2026-11-26T00:00Z');
    await page.getByRole('heading', { name: 'No calls in this range' }).waitFor();
  });

  it('keeps the last measures while the store does not respond, and shows where data ends', async () => {
    await open();
    await page.locator('.plot canvas').first().waitFor();
    pages.server.failing.set('*', UNAVAILABLE);
    await page.clock.setFixedTime(NOW + 240_000);
    await page.keyboard.press('[');
    await page.keyboard.press(']');
    await page.getByText('Not up to date').first().waitFor();
    expect(await page.locator('.banner').innerText()).toContain('Data ends at 14:45:30.');
    expect(await page.locator('h1').innerText()).toContain('in the 24 hours to 14:45');
    await page.getByRole('button', { name: 'Not live' }).waitFor();
    pages.server.failing.clear();
    await page.locator('.banner').getByRole('button', { name: 'Try again' }).click();
    await page.locator('.banner').waitFor({ state: 'detached' });
    forgive503();
  });

  it('shows an error only in the panel whose request fails', async () => {
    pages.server.failing.set('errors', UNAVAILABLE);
    await open();
    const panel = page.getByRole('region', { name: 'Errors by type' });
    await panel.getByText('The store is not responding.').waitFor();
    await page.getByRole('region', { name: 'Truncation by model' }).locator('canvas').waitFor();
    expect(await page.locator('.banner').count()).toBe(0);
    pages.server.failing.clear();
    await panel.getByRole('button', { name: 'Try again' }).click();
    await panel.locator('canvas').waitFor();
    forgive503();
  });

  it('states that calls are kept in memory only', async () => {
    pages.server.state = 'memory';
    await open();
    await page.getByText('New calls are kept in memory and are lost on restart.').waitFor();
    expect(await page.locator('.banner').innerText()).toContain(
      'Since 14:41: There is no room left on the disk.',
    );
  });

  it('works without a trailing slash in its address', async () => {
    await open();
    await page.goto(pages.url);
    await page.locator('.plot canvas').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/llm/');
  });

  it.each(['alerts', 'calls/<id>'])('navigates from any of its addresses: %s', async (place) => {
    const path = place.replace('<id>', pages.idOf(12));
    await open(path);
    await page.getByRole('link', { name: 'Overview', exact: true }).click();
    await page.locator('.plot canvas').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/llm/');
    await page.goBack();
    expect(new URL(page.url()).pathname).toBe(`/llm/${path}`);
  });

  it('removes unknown parameters such as the token from the address', async () => {
    await open('?token=secret-secret-secret&kpi=calls');
    await page.locator('.plot canvas').first().waitFor();
    expect(new URL(page.url()).search).toBe('?kpi=calls');
  });

  it.each(['', 'calls', 'calls/<id>', 'alerts', 'nonsense'])(
    'has at most 64 kB of gzipped scripts: /%s',
    async (place) => {
      await open(place.replace('<id>', pages.idOf(12)));
      const scripts = new Set<string>();
      page.on('request', (request) => {
        const { pathname } = new URL(request.url());
        if (pathname.endsWith('.js')) scripts.add(basename(pathname));
      });
      await page.reload({ waitUntil: 'networkidle' });
      await page.locator('main h1').waitFor({ state: 'attached' });
      const assets = join(import.meta.dirname, '../../dist/ui/assets');
      const size = [...scripts].reduce(
        (sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length,
        0,
      );
      expect(size).toBeGreaterThan(10_000);
      expect(size).toBeLessThanOrEqual(64_000);
    },
  );

  it.each([1488, 1180, 760, 390])('does not overflow a screen of %d px', async (width) => {
    await open('', { width });
    await page.locator('.plot canvas').first().waitFor();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  });

  describe('accessibility and content security policy', () => {
    const shown = async (path: string): Promise<void> => {
      await page.locator('main h1').waitFor();
      if (!path.includes('view')) await page.locator('.plot canvas').nth(2).waitFor();
      await page.getByRole('heading', { name: 'Retries' }).waitFor();
    };
    const cases: Array<{
      name: string;
      path?: string;
      state?: FixtureState;
      look?: Look;
      until?: () => Promise<void>;
    }> = [
      { name: 'in the light theme' },
      { name: 'in the dark theme', look: { theme: 'dark' } },
      { name: 'on a narrow screen', look: { narrow: true } },
      { name: 'as line chart by model', path: '?kpi=truncated&by=model' },
      {
        name: 'as a table',
        path: '?view=table',
        until: () => page.getByRole('table', { name: /^Spend over time/ }).waitFor(),
      },
      { name: 'with filters', path: '?feature=support_chat&outcome=failed' },
      { name: 'without firing alerts', state: 'calm' },
      { name: 'with the store in memory', state: 'memory' },
      { name: 'without calls', state: 'empty', until: () => page.getByText('No calls yet').waitFor() },
      {
        name: 'without calls but with bypassed requests',
        state: 'missed',
        until: () => page.getByText('No calls yet').waitFor(),
      },
      {
        name: 'with a menu open',
        until: async () => {
          await page.locator('.filters').getByRole('button', { name: 'Feature' }).click();
          await page.getByRole('checkbox').first().waitFor();
        },
      },
      {
        name: 'with the form of a custom range',
        until: async () => {
          await page.getByRole('button', { name: 'Custom' }).click();
          await page.getByRole('textbox', { name: 'From' }).waitFor();
        },
      },
      { name: 'with the help on shortcuts', until: () => page.keyboard.press('?') },
      {
        name: 'with a focused value of a chart',
        until: async () => {
          await page.locator('.plot').first().focus();
          await page.keyboard.press('End');
        },
      },
    ];
    it.each(cases)(
      'has no axe violations, policy violations or console messages $name',
      async ({ path = '', state = 'busy', look = {}, until }) => {
        pages.server.state = state;
        await open(path, look);
        if (state !== 'empty' && state !== 'missed') await shown(path);
        await until?.();
        expect(await axeFindings(page)).toEqual([]);
      },
    );
  });
});
