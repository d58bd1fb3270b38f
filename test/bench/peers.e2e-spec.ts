import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PeerResults } from '../../bench/peers/results.js';

/**
 * Runs `npm run bench -- --peers` with this library and with OpenTelemetry alone, which need no other installation. Needs a
 * build.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FLOOR = 'floor: two manual spans, four histograms';
const TASKS = ['OpenAI call', 'Anthropic call'];

const folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function node(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
}

describe('comparison with peers', () => {
  let output: string;
  let results: PeerResults;

  beforeAll(() => {
    const file = join(folder, 'results.json');
    node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json');
    const options = ['--peers', '--quick', '--only', ' call', '--contestants', FLOOR, '--out', file];
    output = node('--expose-gc', 'dist/bench/main.js', ...options);
    results = JSON.parse(readFileSync(file, 'utf8')) as PeerResults;
  }, 300_000);

  it('measures each contestant and the bare SDKs in each task', () => {
    expect(results.contestants.map(({ name }) => name)).toEqual(['bare SDKs', 'nestjs-llm-telemetry', FLOOR]);
    for (const { figures } of results.contestants) {
      expect(Object.keys(figures)).toEqual(TASKS);
      for (const { min, median, max } of Object.values(figures)) {
        expect(min).toBeLessThanOrEqual(median);
        expect(median).toBeLessThanOrEqual(max);
      }
    }
  });

  it('finds the tokens, the model and the finish reason of the response in the spans of the library', () => {
    expect(results.contestants.map(({ marks }) => marks)).toEqual([{}, {}, {}]);
  });

  it('reports the versions of the SDKs and prints the table', () => {
    expect(Object.keys(results.contestants[1]!.sdks)).toEqual(['openai', '@anthropic-ai/sdk']);
    for (const task of TASKS) expect(output).toContain(`${task}, µs per call`);
  });
});
