import { Injectable } from '@nestjs/common';
import { LlmCall, LlmTelemetry, type Semconv } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { OPTIONAL_LABELS } from '../../deploy/generate/metric-labels.js';
import { METRICS, type Metric } from '../../deploy/generate/metric-names.js';
import { prometheusName } from '../../deploy/generate/naming.js';
import { chat } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { MetricsPage } from './support/metrics-page.js';
import { Prometheus } from './support/prometheus.js';

@Injectable()
class Assistant {
  constructor(
    readonly openai: OpenAI,
    private readonly telemetry: LlmTelemetry,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async ask(text: string): Promise<void> {
    await this.openai.chat.completions.create(chat(text));
  }

  @LlmCall({ feature: 'orders', operation: 'stream' })
  async stream(text: string): Promise<void> {
    const chunks = await this.openai.chat.completions.create({
      ...chat(text),
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of chunks) void chunk;
  }

  /** Makes a call whose usage contains all kinds of tokens. */
  @LlmCall({ feature: 'orders', operation: 'think' })
  async think(): Promise<void> {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    const answer = await this.telemetry.wrapFetch(async () =>
      Response.json({ model: 'gpt-4o-mini', choices: [], usage }),
    )('http://127.0.0.1:9/v1/chat/completions', { method: 'POST', body: JSON.stringify(chat()) });
    await answer.json();
  }

  @LlmCall({ feature: 'orders', operation: 'embed' })
  async embed(text: string): Promise<void> {
    await this.openai.embeddings.create({ model: 'text-embedding-3-small', input: text });
  }
}

/** Matches metrics of the library, not those that Prometheus or the exporter add. */
const OURS = /^(llm|gen_ai)_/;

let page: MetricsPage;
let app: TelemetryApp;
let prometheus: Prometheus;

async function startScraping(semconv: Semconv): Promise<void> {
  page = await MetricsPage.start();
  app = await startTelemetryApp({ providers: [Assistant], maxRetries: 1, options: { semconv } });
  const assistant = app.get(Assistant);
  await assistant.ask('An order.');
  await assistant.ask('An order. [emulate rate_limit attempts=1 retry_after=0]');
  await assistant.ask('An order. [emulate bad_request]').catch(() => undefined);
  await assistant.stream('An order of a lamp and a cable, and of ten more of each.');
  await assistant.think();
  await assistant.embed('An order.');
  prometheus = await Prometheus.start({ scrape: [{ job: 'app', targets: [page.target] }] });
  await prometheus.until('llm_calls_total');
}

afterEach(async () => {
  await prometheus.stop();
  await app.stop();
  await page.stop();
});

describe('metrics scraped from the Prometheus exporter', () => {
  it.each<[Semconv, (metric: Metric) => boolean]>([
    ['1.41', ({ semconv }) => semconv !== 'latest'],
    ['latest', ({ semconv, name }) => semconv !== '1.41' || EMBEDDINGS.has(name)],
    ['both', () => true],
  ])('have the names that the generator uses, with semconv %s', async (semconv, made) => {
    await startScraping(semconv);
    const names = await prometheus.ask<string[]>('label/__name__/values');
    const expected = METRICS.filter(made).flatMap(seriesNames);
    expect(names.filter((name) => OURS.test(name))).toEqual(expected.sort());
  });

  it('have exactly the labels that the generator uses', async () => {
    await startScraping('both');
    for (const { name, kind, labels, prometheus: names } of METRICS) {
      const [series] = seriesNames({ kind, prometheus: names });
      const found = new Set<string>();
      // A scrape that times out marks all series as stale, so the last value within 5 minutes counts.
      for (const sample of await prometheus.query(`last_over_time(${series}[5m])`)) {
        for (const label of Object.keys(sample.labels)) found.add(label);
      }
      for (const others of ['__name__', 'job', 'instance', 'le', 'otel_scope_name']) found.delete(others);
      expect({ name, labels: [...found].sort() }).toEqual({ name, labels: [...labels].sort() });
    }
  });
});

/** Metrics of embeddings keep the names of 1.41. */
const EMBEDDINGS = new Set(['gen_ai.client.operation.duration', 'gen_ai.client.token.usage']);

function seriesNames({ kind, prometheus: { scrape } }: Pick<Metric, 'kind' | 'prometheus'>): string[] {
  return kind === 'counter' ? [scrape] : ['_bucket', '_count', '_sum'].map((part) => scrape + part);
}

describe('names of metrics sent by OTLP', () => {
  // Same rules and cases as prometheus/otlptranslator.
  it.each([
    ['llm.calls', 'llm_calls_total'],
    ['llm.cost', 'llm_cost_USD_total'],
    ['llm.call.duration', 'llm_call_duration_seconds'],
    ['gen_ai.client.token.usage', 'gen_ai_client_token_usage'],
    ['gen_ai.client.operation.duration', 'gen_ai_client_operation_duration_seconds'],
    ['gen_ai.client.inference.usage.input_tokens', 'gen_ai_client_inference_usage_input_tokens_total'],
  ])('are translated by the rules of otlptranslator: %s to %s', (name, expected) => {
    expect(METRICS.find((metric) => metric.name === name)?.prometheus.otlp).toBe(expected);
  });

  it.each([
    [
      'do not repeat a unit that the name contains',
      'http.request.seconds',
      'histogram',
      's',
      'http_request_seconds',
    ],
    ['move "total" to the end', 'a.total.of', 'counter', '', 'a_of_total'],
    ['ignore annotations in braces', 'a.b', 'counter', '{call}', 'a_b_total'],
  ] as const)('%s', (_, name, kind, unit, expected) => {
    expect(prometheusName('otlp', name, kind, unit)).toBe(expected);
  });

  it('cannot be translated if the unit is unknown', () => {
    expect(() => prometheusName('otlp', 'a.b', 'counter', 'furlong')).toThrow(
      'Unknown Prometheus name of the unit "furlong" of a.b',
    );
  });
});

it('optional labels are not among the labels of all series', () => {
  const all = new Set(METRICS.flatMap(({ labels }) => labels));
  expect(OPTIONAL_LABELS.filter((label) => all.has(label))).toEqual([]);
});
