import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { NAMINGS, type Naming } from '../../deploy/generate/naming.js';
import { readOptions, type GenerateOptions } from '../../deploy/generate/options.js';
import { ruleFiles } from '../../deploy/generate/rules/rule-files.js';
import { ALERT_DEFINITIONS } from '../../src/llm-telemetry/alerts/definitions/alert-definitions.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { CASES } from './rules/cases.js';
import { onlyFor } from './rules/only-for.js';
import { check, testRules } from './support/promtool.js';

const folder = temporaryFolder();

/** Interval of samples. */
const EVERY_SECONDS: Readonly<Record<Naming, number>> = { scrape: 15, otlp: 60 };

/** Writes the rules for one naming of metrics. Returns the path of the file. */
function generateRules(naming: Naming, ...args: readonly string[]): string {
  const options = readOptions(['--names', naming, ...args]) as GenerateOptions;
  const [{ path, content }] = ruleFiles(options) as [{ path: string; content: string }];
  const file = folder.file(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

describe.each(NAMINGS)('alert rules for metrics named by %s', (naming) => {
  it('are valid without options', async () => {
    expect(await check('promtool', 'check', 'rules', generateRules(naming))).toContain('SUCCESS');
  });

  it('are valid with all options', async () => {
    const file = generateRules(
      naming,
      ...split(
        '--limit high_latency=5000',
        '--limit high_latency:batch "x"=off',
        '--limit error_ratio:search=0.2',
        '--window truncation_spike=30m',
        '--for cost_spike=1h',
        '--limit cost_spike:search=3',
        '--limit traffic_gone:search=off',
        '--limit traffic_gone=5',
        '--minimum missing_usage=5',
        '--disable unpriced_calls',
        '--scale-windows 0.01',
        '--interval 30s',
        '--buckets 1,5,10',
        '--dashboard-url https://shop.example/llm',
      ),
    );
    expect(await check('promtool', 'check', 'rules', file)).toContain('SUCCESS');
  });

  describe.each(ALERT_DEFINITIONS.filter(({ name }) => name !== 'budget_burn'))(
    '$name',
    ({ name, severity }) => {
      const cases = CASES[name as keyof typeof CASES];

      it.each(cases)('$name', async (test) => {
        const everySeconds = test.everySeconds ?? EVERY_SECONDS[naming];
        const rules = generateRules(naming);
        writeFileSync(rules, onlyFor(name, readFileSync(rules, 'utf8')));
        await testRules(folder.path, rules, {
          alert: name,
          severity,
          naming,
          test: { ...test, everySeconds },
        });
      });
    },
  );
});

/** Splits each option from its value, as a shell does. */
function split(...options: readonly string[]): string[] {
  return options.flatMap((option) => option.split(/ (.*)/).slice(0, 2));
}
