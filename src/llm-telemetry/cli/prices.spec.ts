import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prices } from './prices.js';

const DAY = ['--date', '2026-11-20'];

describe('command prices', () => {
  it('prints each price of a model, the multipliers of its tiers, and the source', () => {
    const { code, stdout, stderr } = prices(['gpt-4o-2024-08-06', ...DAY]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^gpt-4o-2024-08-06 \(openai\), on 2026-11-20\n/);
    expect(stdout).toMatch(/^ {2}input +\$2\.50 per million tokens$/m);
    expect(stdout).toMatch(/^ {2}cachedInput +\$1\.25 per million tokens$/m);
    expect(stdout).toMatch(/^ {2}webSearch +\$10 per thousand$/m);
    expect(stdout).toContain('Token price multipliers: batch × 0.5, flex × 0.5, priority × 1.7\n');
    expect(stdout).toMatch(/\nSource: @pydantic\/genai-prices 0\.1\.8 of 2026-09-23, listed as gpt-4o\.\n$/);
  });

  it('prints long-context tiers and the prices on a date', () => {
    expect(prices(['claude-sonnet-4-6', '--date', '2026-02-20']).stdout).toMatch(
      /^ {2}input +\$3, above 200,000 input tokens \$6 per million tokens$/m,
    );
    expect(prices(['claude-sonnet-4-6', ...DAY]).stdout).toMatch(/^ {2}input +\$3 per million tokens$/m);
  });

  it('prints JSON with --json', () => {
    expect(JSON.parse(prices(['claude-haiku-4-5', '--json', ...DAY]).stdout)).toMatchObject({
      model: 'claude-haiku-4-5',
      provider: 'anthropic',
      date: '2026-11-20',
      prices: { input: 1, output: 5, cachedInput: 0.1, cacheWrite5m: 1.25, cacheWrite1h: 2 },
      multipliers: { batch: 0.5, us: 1.1 },
    });
  });

  it('prints the price of the provider in --provider', () => {
    expect(prices(['o4-mini', '--provider', 'azure.ai.openai']).stdout).toMatch(
      /^o4-mini \(azure\.ai\.openai\)/,
    );
    expect(prices(['gpt-4o', '--provider', 'anthropic'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No price for gpt-4o at anthropic'),
    });
  });

  it.each(['gpt-4o-mimi', 'GPT-4O-MINNI'])(
    'reports a missing price for %s and suggests similar names',
    (model) => {
      const { code, stdout, stderr } = prices([model]);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^No price for .* Similar names: gpt-4o-mini/);
      expect(JSON.parse(prices([model, '--json']).stdout)).toMatchObject({ model, prices: null });
    },
  );

  it('suggests no name if none is similar', () => {
    expect(prices(['my-own-finetuned-thing'])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'No price for my-own-finetuned-thing: the cost of its calls is unknown. Add the price to pricing.overrides or pricing.file.\n',
    });
  });

  it('lists all models of a provider if no model is named', () => {
    const { stdout } = prices(['--provider', 'anthropic', ...DAY]);
    expect(stdout).toMatch(/^provider +model +input +output\n/);
    expect(stdout).toMatch(/^anthropic +claude-haiku-4-5 +\$1 +\$5$/m);
    expect(stdout).not.toContain('gpt-');
  });

  describe('with a price file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'prices-'));
    const file = join(folder, 'prices.json');
    afterAll(() => rmSync(folder, { recursive: true }));

    it('prefers the prices of the file', () => {
      writeFileSync(
        file,
        JSON.stringify({
          'gpt-4o': { input: 2, output: 8, multipliers: { scale: 0.8 } },
          'azure.ai.openai/gpt-4o': { input: 1, output: 4 },
          'my-own-model': { input: 0.2, output: 0.2 },
        }),
      );
      const ours = prices(['my-own-model', '--file', file]).stdout;
      expect(ours).toMatch(/^my-own-model \(any provider\)/);
      expect(ours).toContain(`Source: ${file} of `);
      expect(prices(['gpt-4o', '--file', file]).stdout).toContain('scale × 0.8');
      const atAzure = prices(['gpt-4o', '--provider', 'azure.ai.openai', '--file', file]).stdout;
      expect(atAzure).toMatch(/^ {2}input +\$1 per million tokens$/m);
      expect(prices(['--file', file, '--provider', 'groq']).stdout).toMatch(/my-own-model +\$0\.20 +\$0\.20/);
    });

    it('reports the line and column of a problem in the file', () => {
      writeFileSync(file, '{ "gpt-4o": { "input": 1 } }');
      expect(prices(['gpt-4o', '--file', file])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(
          `error LLM_TELEMETRY_INVALID_PRICE_FILE: pricing.file is invalid: ${file}:1:13: "gpt-4o".output must be a price in USD`,
        ),
      });
    });
  });

  it.each([
    [['a', 'b'], 'Expected one model, received a, b.'],
    [['a', '--provider', 'acme'], '--provider must be one of openai, anthropic'],
    [['a', '--date', 'yesterday'], '--date must be a date such as 2026-01-31, received "yesterday".'],
    [['a', '--what'], "Unknown option '--what'"],
    [['a', '--file', '/nowhere.json'], '/nowhere.json does not exist.'],
  ])('rejects %j with exit code 2 and prints the usage', (args, sentence) => {
    const { code, stdout, stderr } = prices(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error LLM_TELEMETRY_INVALID_(?:ARGUMENT|PRICE_FILE): /);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain('Usage: nestjs-llm-telemetry prices [model]');
  });
});
