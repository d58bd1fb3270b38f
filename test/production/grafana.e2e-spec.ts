import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { LlmCall, LlmTelemetry } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import type { Naming } from '../../deploy/generate/naming.js';
import { costOf, sumOf } from '../support/bill.js';
import { ExampleApp } from '../support/example-app.js';
import { chat } from '../support/prompts.js';
import { programPath } from '../support/optional-programs.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import {
  COMMITTED,
  type DashboardName,
  type Expression,
  expressionsOf,
  interpolated,
  labelValuesOf,
  readDashboard,
  type Shown,
} from './support/grafana-dashboard.js';
import { MetricsPage } from './support/metrics-page.js';
import { Prometheus } from './support/prometheus.js';
import { RenamedMetrics } from './support/renamed-metrics.js';
import { setTimeout as pause } from 'node:timers/promises';

/** Evaluates the expressions of the dashboards in Prometheus. Grafana is not available, so layout is not tested. */

/** Makes calls that the example service does not: without a price, without usage, with cached input. */
@Injectable()
class Assistant {
  constructor(
    private readonly openai: OpenAI,
    private readonly telemetry: LlmTelemetry,
  ) {}

  @LlmCall({ feature: 'assistant', operation: 'chat' })
  async chat(model: string): Promise<void> {
    await this.openai.chat.completions.create({ ...chat(LONG_TEXT), model });
  }

  /** Makes a call whose response body is not read. */
  @LlmCall({ feature: 'assistant', operation: 'unread' })
  async unread(): Promise<void> {
    await this.telemetry.wrapFetch(async () =>
      Response.json({ model: 'gpt-4o-mini-2024-07-18', choices: [] }),
    )('http://127.0.0.1:9/v1/chat/completions', { method: 'POST', body: JSON.stringify(chat()) });
  }
}

/** Exceeds the minimum length of cached prompts. */
const LONG_TEXT = 'You help with orders. Be brief. '.repeat(200);

const ORDERS = [
  '',
  '[emulate rate_limit attempts=1 retry_after=0]',
  '[emulate truncate after=5]',
  '[emulate overloaded retry_after=0]',
  '[emulate filter]',
];
const TICKETS = ['', '', '[emulate rate_limit retry_after=0]', '[emulate invalid_json]'];

/** Step of charts. Ranges of Grafana are whole seconds. */
const RESOLUTION_SECONDS = 1;

let folder: string;
let page: MetricsPage;
let renamed: RenamedMetrics;
let example: ExampleApp;
let own: TelemetryApp;
const prometheus = {} as Record<Naming, Prometheus>;
/** Number of calls by feature. */
const callCounts: Record<string, number> = { order_dashboard: 0, support_triage: 0, assistant: 0 };
/** End and length of the range that dashboards show: the second of two rounds of traffic. */
let now: Date;
let rangeSeconds: number;
let shown: Shown;

async function sendRound(): Promise<void> {
  const calls: Array<PromiseLike<unknown>> = [];
  const make = (feature: string, call: PromiseLike<unknown>): void => {
    callCounts[feature]!++;
    calls.push(call);
  };
  for (const [index, fault] of ORDERS.entries()) {
    make('order_dashboard', example.summarize(`Order #${index}: a lamp and a cable. ${fault}`));
    make(
      'order_dashboard',
      example.post('/orders/summarize/stream', { order_text: `Order #${index}: a lamp.`, user_id: 'me' }),
    );
  }
  for (const fault of TICKETS) make('support_triage', example.classify(`I was charged twice. ${fault}`));
  const assistant = own.get(Assistant);
  for (const model of ['gpt-4o-mini', 'gpt-4o-mini', 'qwen3-32b']) make('assistant', assistant.chat(model));
  make('assistant', assistant.unread());
  await Promise.all(calls);
  await own.flush();
  await example.app.get(LlmTelemetry, { strict: false }).flush();
}

const totalCalls = (): number => Object.values(callCounts).reduce((sum, calls) => sum + calls, 0);
const ledger = (): readonly LedgerEntry[] => [
  ...example.emulator.ledger.entries(),
  ...own.emulator.ledger.entries(),
];
const cost = (entries: readonly LedgerEntry[]): number => sumOf(entries, (entry) => costOf(entry));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-'));
  page = await MetricsPage.start();
  renamed = await RenamedMetrics.start(page.target);
  example = await ExampleApp.start({
    clients: { maxRetries: 1 },
    env: { LLM_STORE_PATH: join(folder, 'calls.db') },
  });
  own = await startTelemetryApp({
    providers: [Assistant],
    options: { store: 'memory', semconv: 'both' },
    emulatorOptions: { cachedTokens: true },
  });
  for (const [naming, { target }] of [
    ['scrape', page],
    ['otlp', renamed],
  ] as const)
    prometheus[naming] = await Prometheus.start({
      scrape: [{ job: 'shop', targets: [target] }],
      rules: [
        fileURLToPath(new URL(`../../deploy/prometheus/rules/llm-telemetry.${naming}.yml`, import.meta.url)),
      ],
    });
  const both = Object.values(prometheus);
  // First values of counters are an increase only if the process was scraped before.
  for (const one of both) await one.until('count_over_time(up{job="shop"}[1m]) > 2');
  const scraped = async (): Promise<void> => {
    for (const one of both) await one.until(`sum(llm_calls_total) == ${totalCalls()}`);
  };
  await sendRound();
  await scraped();
  for (const one of both) await one.until('ALERTS{alertname="unpriced_calls", alertstate="firing"}');
  // A whole second, because the previous period is evaluated in steps of one second.
  const between = (Math.floor(Date.now() / 1000) + 2) * 1000;
  await pause(between - Date.now());
  // `increase()` ignores what was counted before the first sample of a range.
  for (const one of both) await one.until(`timestamp(up{job="shop"}) > ${between / 1000}`);
  await sendRound();
  await scraped();
  rangeSeconds = Math.ceil((Date.now() - between) / 1000) + 4;
  now = new Date(between + rangeSeconds * 1000);
  await pause(now.getTime() - Date.now() + 500);
  shown = {
    chosen: { job: null, feature: null, operation: null, model: null },
    rangeSeconds,
    resolutionSeconds: RESOLUTION_SECONDS,
  };
}, 120_000);

afterAll(async () => {
  for (const one of Object.values(prometheus)) await one.stop();
  await own.stop();
  await example.stop();
  await renamed.stop();
  await page.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Returns the default selection. The dashboard of a feature needs one selected feature. */
function selectionFor(name: DashboardName, feature = 'assistant'): Shown {
  return name === 'feature' ? { ...shown, chosen: { ...shown.chosen, feature: [feature] } } : shown;
}

function queryOf(expression: Expression, naming: Naming, name: DashboardName, feature?: string): string {
  return interpolated(expression, readDashboard(naming, name), selectionFor(name, feature), now);
}

/** Counts the series of a query: at the end of the range, or for a chart at any point. */
async function seriesOf({ instant }: Expression, query: string, naming: Naming): Promise<number> {
  if (instant) {
    const samples = await prometheus[naming].query(query, now);
    return samples.filter(({ value }) => Number.isFinite(value)).length;
  }
  const { result } = await prometheus[naming].ask<{ result: Array<{ values: Array<[number, string]> }> }>(
    'query_range',
    {
      query,
      start: String(now.getTime() / 1000 - rangeSeconds),
      end: String(now.getTime() / 1000),
      step: String(RESOLUTION_SECONDS),
    },
  );
  return result.filter(({ values }) => values.some(([, value]) => Number.isFinite(Number(value)))).length;
}

describe.each(COMMITTED)('the dashboard for %s: %s', (naming, name) => {
  const dashboard = readDashboard(naming, name);
  const expressions = expressionsOf(dashboard);

  it('contains only expressions that promtool can parse', async () => {
    const file = join(folder, `${naming}-${name}.yml`);
    const rules = expressions.map((expression, index) => ({
      record: `expression_${index}`,
      expr: queryOf(expression, naming, name),
    }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'all', rules }] }));
    const { stdout } = await promisify(execFile)(programPath('promtool'), ['check', 'rules', file]);
    expect(stdout).toContain(`${expressions.length} rules found`);
  });

  it('shows data in every panel for mixed traffic', async () => {
    const empty: string[] = [];
    // One feature with failures, and one with unknown prices and usage.
    const features = name === 'feature' ? ['order_dashboard', 'assistant'] : [undefined];
    for (const expression of expressions) {
      let series = 0;
      for (const feature of features)
        series += await seriesOf(expression, queryOf(expression, naming, name, feature), naming);
      if (series === 0) empty.push(expression.where);
    }
    expect(empty).toEqual([]);
  });

  it('offers the existing values in its variables', async () => {
    for (const { variable, series, label } of labelValuesOf(dashboard)) {
      const match = interpolated({ expr: series, timeFrom: undefined }, dashboard, selectionFor(name), now);
      const values = await prometheus[naming].ask<string[]>(`label/${label}/values`, { 'match[]': match });
      expect([variable, values.length]).not.toEqual([variable, 0]);
      if (variable === 'feature') expect(values.sort()).toEqual(Object.keys(callCounts).sort());
      if (variable === 'job') expect(values).toEqual(['shop']);
    }
  });
});

describe.each(['scrape', 'otlp'] as const)('measures of the dashboards (%s)', (naming) => {
  const samples = async (
    name: DashboardName,
    title: string,
    refId: string,
    { chosen = {}, seconds = rangeSeconds }: { chosen?: Shown['chosen']; seconds?: number } = {},
  ) => {
    const dashboard = readDashboard(naming, name);
    const panel = dashboard.panels.find((one) => one.title === title)!;
    const { expr } = panel.targets!.find((one) => one.refId === refId)!;
    const seen: Shown = { ...shown, rangeSeconds: seconds, chosen: { ...shown.chosen, ...chosen } };
    return prometheus[naming].query(
      interpolated({ expr, timeFrom: panel.timeFrom }, dashboard, seen, now),
      now,
    );
  };
  /** A range that includes both rounds. */
  const everything = { seconds: 600 };
  /** Allows for extrapolation: `increase()` extends the observed increase to the ends of the range. */
  const expectNear = (value: number | undefined, expected: number): void => {
    expect(value).toBeGreaterThan(expected * 0.94);
    expect(value).toBeLessThan(expected * 1.06);
  };

  it('equal the bill and the number of calls if read from counters', async () => {
    const total = naming === 'scrape' ? 'llm_cost_total' : 'llm_cost_USD_total';
    const [spent] = await prometheus[naming].query(`sum(${total})`, now);
    expect(spent!.value).toBeCloseTo(cost(ledger()), 10);
    const [calls] = await prometheus[naming].query('sum(llm_calls_total)', now);
    expect(calls!.value).toBe(totalCalls());
  });

  it('approximate the bill over the whole range, including the first values of counters', async () => {
    const [spent] = await samples('overview', 'Spend', 'A', everything);
    expectNear(spent!.value, cost(ledger()));
    const [calls] = await samples('overview', 'Calls', 'A', everything);
    expectNear(calls!.value, totalCalls());
    const [month] = await samples('cost', 'This month, so far', 'A');
    expectNear(month!.value, cost(ledger()));
  });

  it('exclude other features if a feature is selected', async () => {
    const orders = example.emulator.ledger.entries().filter(({ provider }) => provider === 'openai');
    const one = { ...everything, chosen: { feature: ['order_dashboard'] } };
    const [spent] = await samples('feature', 'Spend', 'A', one);
    expectNear(spent!.value, cost(orders));
    const [calls] = await samples('feature', 'Calls', 'A', one);
    expectNear(calls!.value, callCounts['order_dashboard']!);
    const features = await samples('overview', 'Features', 'A', {
      ...everything,
      chosen: { feature: ['order_dashboard', 'support_triage'] },
    });
    expect(features.map(({ labels }) => labels['llm_feature']).sort()).toEqual([
      'order_dashboard',
      'support_triage',
    ]);
  });

  it('show no change between two equal rounds of traffic', async () => {
    const [change] = await samples('overview', 'Calls', 'B');
    expect(Math.abs(change!.value)).toBeLessThan(0.15);
    const [calls] = await samples('overview', 'Calls', 'A');
    expectNear(calls!.value, totalCalls() / 2);
  });

  it('count calls with unknown price or usage, without a cost of 0', async () => {
    const [unpriced] = await samples('cost', 'Unpriced calls', 'A', everything);
    expectNear(unpriced!.value, 2);
    const [missing] = await samples('cost', 'Usage missing', 'A', everything);
    expectNear(missing!.value, 2);
    // A model without a price has calls but no cost; its cost is not 0.
    const chosen = { ...everything, chosen: { model: ['qwen3-32b'] } };
    expect(await samples('cost', 'Models', 'A', chosen)).toHaveLength(1);
    expect(await samples('cost', 'Models', 'B', chosen)).toEqual([]);
    expect(await samples('cost', 'Cost per 1,000 calls', 'A', chosen)).toEqual([]);
    // A feature without unpriced calls shows 0, not missing data.
    const priced = { ...everything, chosen: { feature: ['support_triage'] } };
    expect(await samples('cost', 'Unpriced calls', 'A', priced)).toMatchObject([{ value: 0 }]);
  });

  it('add up to 100 % for shares', async () => {
    const shares = await samples('cost', 'Features', 'C', everything);
    expect(sumOf(shares, ({ value }) => value)).toBeCloseTo(1, 6);
    expect(shares.length).toBe(3);
  });

  it('list firing alerts with their start time', async () => {
    const [alert] = await samples('overview', 'Firing alerts', 'A');
    expect(alert).toMatchObject({
      labels: { alertname: 'unpriced_calls', severity: 'warning', job: 'shop' },
    });
    expect(alert!.value).toBeGreaterThan(now.getTime() - 120_000);
    expect(alert!.value).toBeLessThanOrEqual(now.getTime());
  });
});
