import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Claims of docs/performance.md: all of it is generated from the stored results. */

interface Performance {
  performanceFiles(results: unknown): Promise<Map<string, string>>;
  outdatedPerformanceFiles(): Promise<string[]>;
}

const root = new URL('../../', import.meta.url);
const { performanceFiles, outdatedPerformanceFiles } = (await import(
  String(new URL('scripts/docs/performance.mjs', root))
)) as Performance;

interface Results {
  readonly contestants: Array<{
    name: string;
    isBare: boolean;
    figures: Record<string, { median: number; min: number; max: number }>;
    marks: Record<string, string[]>;
  }>;
}

const stored = (): Results =>
  JSON.parse(readFileSync(fileURLToPath(new URL('bench/peers/results.json', root)), 'utf8')) as Results;

describe('docs/performance.md', () => {
  it('and its charts equal what the stored results generate', async () => {
    expect(await outdatedPerformanceFiles()).toEqual([]);
  });

  it('shows the figures of all contestants and explains what is wrong in their spans', async () => {
    const results = stored();
    const peer = results.contestants.find(({ isBare }) => !isBare)!;
    peer.figures['OpenAI call'] = { median: 1234.4, min: 1200, max: 1300 };
    peer.marks['OpenAI call'] = ['no cached tokens of a test'];
    const page = (await performanceFiles(results)).get('docs/performance.md')!;
    expect(page).toContain('+1234 (1200 to 1300) [1]');
    expect(page).toMatch(/^1\. no cached tokens of a test$/m);
    for (const { name } of results.contestants) expect(page).toContain(`| ${name}`);
  });

  it('has charts for light and dark pages, with the same bars', async () => {
    const files = await performanceFiles(stored());
    const bars = ['light', 'dark'].map((theme) =>
      (files.get(`docs/images/performance-${theme}.svg`) ?? '').replaceAll(/#[0-9a-f]{6}/g, ''),
    );
    expect(bars[0]).toContain('OpenAI call');
    expect(bars[0]).toBe(bars[1]);
  });
});
