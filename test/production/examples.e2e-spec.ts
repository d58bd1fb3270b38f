import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { METRICS } from '../../deploy/generate/metric-names.js';
import { readOptions, type GenerateOptions } from '../../deploy/generate/options.js';
import { ruleFiles } from '../../deploy/generate/rules/rule-files.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { check } from './support/promtool.js';

const deploy = (path: string): string => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));

describe('the examples in deploy/', () => {
  const temporary = temporaryFolder();

  it('contain a valid Prometheus configuration with its rule files', async () => {
    const output = await check('promtool', 'check', 'config', deploy('prometheus/prometheus.yml'));
    expect(output).toMatch(/SUCCESS: 1 rule files found[^]*SUCCESS: \d+ rules found/);
  });

  it('contain a valid Prometheus configuration for compose.yaml', async () => {
    // As mounted in the container.
    const folder = temporary.path;
    cpSync(deploy('compose/prometheus.yml'), join(folder, 'prometheus.yml'));
    cpSync(deploy('prometheus/rules'), join(folder, 'rules'), { recursive: true });
    const output = await check('promtool', 'check', 'config', join(folder, 'prometheus.yml'));
    expect(output).toMatch(/SUCCESS: 1 rule files found[^]*SUCCESS: \d+ rules found/);
  });

  it('contain a valid Alertmanager configuration', async () => {
    expect(await check('amtool', 'check-config', deploy('alertmanager/alertmanager.yml'))).toContain(
      'SUCCESS',
    );
  });

  it('contain the rules that the generator creates from the alert definitions', () => {
    const generated = ruleFiles(readOptions([]) as GenerateOptions);
    for (const { path, content } of generated) expect(readFileSync(deploy(path), 'utf8')).toBe(content);
  });

  it('use all llm.* metrics in rules and no gen_ai.* metrics', () => {
    const rules = readFileSync(deploy('prometheus/rules/llm-telemetry.scrape.yml'), 'utf8');
    const unused = METRICS.filter(({ prometheus }) => !rules.includes(prometheus.scrape)).map(
      ({ name }) => name,
    );
    expect(unused.filter((name) => !name.startsWith('gen_ai.'))).toEqual([]);
    expect(unused).toEqual(METRICS.map(({ name }) => name).filter((name) => name.startsWith('gen_ai.')));
  });

  /** No Collector is available in tests, so the configuration is compared with the documented settings. */
  describe('for the Collector', () => {
    const collector = parse(readFileSync(deploy('collector/collector.yaml'), 'utf8')) as Record<
      'receivers' | 'processors' | 'exporters',
      Record<string, Record<string, unknown>>
    > & { service: { pipelines: Record<string, Record<string, string[]>> } };

    it('contain only documented settings', () => {
      const { receivers, processors, exporters } = collector;
      expect(Object.keys(collector).sort()).toEqual(['exporters', 'processors', 'receivers', 'service']);
      for (const [name, settings] of Object.entries({ ...receivers, ...processors, ...exporters }))
        expect({
          name,
          unknown: Object.keys(settings).filter((key) => !SETTINGS[name]?.includes(key)),
        }).toEqual({
          name,
          unknown: [],
        });
    });

    it('use only configured components in pipelines, with memory_limiter first', () => {
      for (const pipeline of Object.values(collector.service.pipelines)) {
        for (const [kind, names] of Object.entries(pipeline))
          expect(Object.keys(collector[kind as 'receivers'])).toEqual(expect.arrayContaining(names));
        expect(pipeline['processors']![0]).toBe('memory_limiter');
      }
    });
  });
});

/** Source: README of each component in open-telemetry/opentelemetry-collector and opentelemetry-collector-contrib. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  otlp: ['protocols', 'endpoint', 'tls'],
  memory_limiter: ['check_interval', 'limit_mib', 'spike_limit_mib'],
  batch: ['timeout', 'send_batch_size', 'send_batch_max_size'],
  prometheus: ['endpoint', 'translation_strategy', 'enable_open_metrics', 'metric_expiration'],
  prometheusremotewrite: ['endpoint', 'tls'],
};
