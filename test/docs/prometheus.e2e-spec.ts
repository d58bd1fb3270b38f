import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { METRICS } from '../../deploy/generate/metric-names.js';
import { labelName, prometheusName, type MetricKind } from '../../deploy/generate/naming.js';
import { readOptions, type GenerateOptions } from '../../deploy/generate/options.js';
import { ruleFiles } from '../../deploy/generate/rules/rule-files.js';
import { DURATION, TOKENS } from '../../src/llm-telemetry/sinks/metrics/instruments.js';
import { MAX_SETS, MAX_VALUES } from '../../src/llm-telemetry/sinks/metrics/attribute-sets.js';

/**
 * Verifies the claims of docs/prometheus.md, in the order of the page: names, files and numbers.
 *
 * Tested elsewhere, with a real Prometheus and Alertmanager:
 * - "Tested with promtool, and live from a fault to a webhook" → test/production/alert-rules.e2e-spec.ts, live-alerts.e2e-spec.ts
 * - "`OTEL_METRICS_EXPORTER=prometheus` serves `:9464/metrics`" → test/production/otlp-prometheus.e2e-spec.ts
 * - "A test compares each name and label of the scraped page" → test/production/metric-names.e2e-spec.ts
 * - The example configurations → test/production/examples.e2e-spec.ts
 * - "First values count", restarts → test/production/rules, run by alert-rules.e2e-spec.ts
 * - Each option of the generator → test/production/generator-options.e2e-spec.ts
 * - Differences from the library's alerts → test/production/store-and-prometheus.e2e-spec.ts
 */

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = file('docs/prometheus.md');

interface Rules {
  readonly groups: ReadonlyArray<{
    readonly rules: ReadonlyArray<{
      readonly record?: string;
      readonly alert?: string;
      readonly labels?: Record<string, string>;
      readonly annotations?: Record<string, string>;
    }>;
  }>;
}
const rulesIn = (content: string) => (parse(content) as Rules).groups.flatMap(({ rules }) => rules);
const generate = (...args: string[]) => ruleFiles(readOptions(args) as GenerateOptions);
const ways = ['scrape', 'otlp'] as const;
const [scraped, pushed] = ways.map((way) =>
  rulesIn(file(`deploy/prometheus/rules/llm-telemetry.${way}.yml`)),
) as [ReturnType<typeof rulesIn>, ReturnType<typeof rulesIn>];

describe('quick start', () => {
  it('lists only files that exist and are in the package', () => {
    for (const path of [
      'prometheus/prometheus.yml',
      'collector/collector.yaml',
      'alertmanager/alertmanager.yml',
    ])
      expect([path, existsSync(new URL(`../../deploy/${path}`, import.meta.url))]).toEqual([path, true]);
    const { files } = JSON.parse(file('package.json')) as { files: string[] };
    expect(files).toEqual(
      expect.arrayContaining([
        'deploy/alertmanager',
        'deploy/collector',
        'deploy/grafana',
        'deploy/prometheus',
      ]),
    );
    expect(files).not.toContain('deploy/generate');
  });

  it('scrapes a service at port 9464, and a Collector with honor_labels', () => {
    const { scrape_configs: jobs } = parse(file('deploy/prometheus/prometheus.yml')) as {
      scrape_configs: Array<{ honor_labels?: boolean; static_configs: Array<{ targets: string[] }> }>;
    };
    expect(
      jobs.map(({ honor_labels, static_configs }) => [honor_labels, static_configs[0]!.targets[0]]),
    ).toEqual([
      [undefined, expect.stringMatching(/:9464$/)],
      [true, expect.any(String)],
    ]);
  });

  it('labels every alert with severity: critical or warning', () => {
    const severities = scraped.filter(({ alert }) => alert).map(({ labels }) => labels?.['severity']);
    expect(new Set(severities)).toEqual(new Set(['critical', 'warning']));
    expect(file('deploy/alertmanager/alertmanager.yml')).toContain('severity');
  });
});

describe('names of metrics', () => {
  it('have underscores instead of dots, including in labels', () => {
    expect(labelName('llm.feature')).toBe('llm_feature');
    expect(labelName('gen_ai.response.model')).toBe('gen_ai_response_model');
  });

  it.each<[string, MetricKind, string, string, string]>([
    ['llm.calls', 'counter', '{call}', 'llm_calls_total', 'llm_calls_total'],
    ['llm.cost', 'counter', 'USD', 'llm_cost_total', 'llm_cost_USD_total'],
    ['llm.call.duration', 'histogram', 's', 'llm_call_duration', 'llm_call_duration_seconds'],
    [
      'llm.time_to_first_token',
      'histogram',
      's',
      'llm_time_to_first_token',
      'llm_time_to_first_token_seconds',
    ],
    [
      'gen_ai.client.operation.duration',
      'histogram',
      's',
      'gen_ai_client_operation_duration',
      'gen_ai_client_operation_duration_seconds',
    ],
  ])('of %s equal those of the table', (name, kind, unit, scrape, otlp) => {
    expect(METRICS.find((metric) => metric.name === name)).toMatchObject({ kind, unit });
    expect(prometheusName('scrape', name, kind, unit)).toBe(scrape);
    expect(prometheusName('otlp', name, kind, unit)).toBe(otlp);
    for (const written of [scrape, otlp]) expect(page).toContain(written);
  });
});

describe('recording rules', () => {
  it('have the same names in both schemes, except for the window of rate-limited requests', () => {
    const names = (rules: typeof scraped) => rules.flatMap(({ record }) => record ?? []).sort();
    const refused = 'job:llm_rate_limited_attempts:increase';
    expect(names(scraped)).toContain(`${refused}1m`);
    expect(names(pushed)).toEqual(names(scraped).map((name) => name.replace(`${refused}1m`, `${refused}4m`)));
  });

  it('exist for each documented name', () => {
    const names = new Set([...scraped, ...pushed].map(({ record }) => record));
    const written = [...page.matchAll(/`((?:job|…)[a-z_]*:llm_[a-z_:0-9]+)`/g)].map(([, name]) => name!);
    expect(written.length).toBeGreaterThan(10);
    for (const name of written) {
      const full = name.replace('…', 'job_llm_feature');
      expect([full, names.has(full)]).toEqual([full, true]);
    }
    for (const quantile of ['p50', 'p95', 'p99'])
      expect(names).toContain(`job_llm_feature_llm_operation:llm_call_duration_seconds:${quantile}_5m`);
    expect(names).toContain('job_gen_ai_response_model:llm_cost_usd:increase1h');
  });

  it('use up, or target_info with OTLP, to determine when a process was first scraped', () => {
    expect(file('deploy/prometheus/rules/llm-telemetry.scrape.yml')).toMatch(/\bup\b/);
    expect(file('deploy/prometheus/rules/llm-telemetry.otlp.yml')).toContain('target_info');
  });
});

describe('the rule generator', () => {
  it('has the documented options and defaults', () => {
    const { out, namings, intervals } = readOptions([]) as GenerateOptions;
    expect([out, namings, intervals]).toEqual(['deploy', ways, { scrape: 15_000, otlp: 60_000 }]);
    const named = ['out', 'names', 'limit', 'window', 'for', 'minimum', 'disable', 'interval', 'buckets'];
    for (const name of [...named, 'dashboard-url', 'scale-windows']) expect(page).toContain(`--${name}`);
  });

  it('accepts the documented command with limits of an alert and of one feature', () => {
    const args = ['--names', 'scrape', '--limit', 'high_latency=5000', '--limit', 'error_ratio:search=0.2'];
    const { rules, namings } = readOptions(args) as GenerateOptions;
    expect(namings).toEqual(['scrape']);
    expect(rules.find(({ name }) => name === 'high_latency')!.limit).toBe(5000);
    expect(rules.find(({ name }) => name === 'error_ratio')!.features.get('search')).toBe(0.2);
  });

  it('validates limits as the application does', () => {
    expect(() => readOptions(['--limit', 'high_latency=-1'])).toThrow(/high_latency/);
    expect(() => readOptions(['--limit', 'no_such_alert=1'])).toThrow(/no_such_alert/);
  });

  it('generates no window shorter than four samples', () => {
    const [otlp] = generate('--names', 'otlp');
    const rateLimiting = rulesIn(otlp!.content).find(({ record }) =>
      record?.startsWith('job:llm_rate_limited_attempts:'),
    );
    expect(JSON.stringify(rateLimiting)).toContain('[4m');
  });

  it('adds an annotation "dashboard" to every alert, and omits disabled alerts', () => {
    const [rules] = generate(
      '--names',
      'scrape',
      '--dashboard-url',
      'https://example.com/llm/alerts',
      '--disable',
      'traffic_gone',
    );
    const alerts = rulesIn(rules!.content).filter(({ alert }) => alert);
    expect(alerts.length).toBeGreaterThan(5);
    for (const { annotations } of alerts)
      expect(annotations!['dashboard']).toContain('https://example.com/llm/alerts');
    expect(rules!.content).not.toContain('traffic_gone');
  });

  it('generates no rule for budget_burn, because budgets are not in metrics', () => {
    expect(file('deploy/prometheus/rules/llm-telemetry.scrape.yml')).not.toContain('budget_burn');
  });
});

describe('buckets', () => {
  it('of durations are 14 and double from 10 ms to 82 s; those of tokens are powers of four', () => {
    const durations = DURATION.advice!.explicitBucketBoundaries!;
    expect(durations).toHaveLength(14);
    expect(durations[0]).toBe(0.01);
    expect(durations.at(-1)).toBeCloseTo(82, 0);
    for (const [index, boundary] of durations.slice(1).entries())
      expect(boundary).toBeCloseTo(2 * durations[index]!, 10);
    expect(TOKENS.advice!.explicitBucketBoundaries).toEqual(Array.from({ length: 14 }, (_, n) => 4 ** n));
  });

  it('of a view are passed to the generator with --buckets', () => {
    const { buckets } = readOptions(['--buckets', '0.25,0.5,1,2,3,5,7.5,10,15,20,30,60']) as GenerateOptions;
    expect(buckets).toEqual([0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60]);
  });
});

describe('the number of series', () => {
  it('follows from 8 counters, 2 histograms of 17 series, 200 values and 500 sets', () => {
    const own = METRICS.filter(({ name }) => name.startsWith('llm.'));
    expect(own.filter(({ kind }) => kind === 'counter')).toHaveLength(8);
    expect(own.filter(({ kind }) => kind === 'histogram')).toHaveLength(2);
    // The boundaries, +Inf, the sum and the count
    expect(DURATION.advice!.explicitBucketBoundaries!.length + 3).toBe(17);
    expect([MAX_VALUES, MAX_SETS]).toEqual([200, 500]);
  });
});
