import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import {
  currentLlmCall,
  LlmCall,
  LlmTelemetryQueries,
  type CallRecord,
  type Usage,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { COST_REASONS } from '../../src/llm-telemetry/calls/cost.js';
import { createPricer } from '../../src/llm-telemetry/pricing/pricer.js';
import { NO_USAGE } from '../../src/llm-telemetry/wire/usage.js';
import { CollectedMetrics } from '../support/metrics.js';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Verifies the claims of docs/cost.md, in the order of the page. */

@Injectable()
class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(model = 'gpt-4o-mini', prompt?: string): Promise<void> {
    await this.openai.chat.completions.create({ ...chat(prompt), model });
  }

  @LlmCall({ feature: 'orders', operation: 'by_hand' })
  byHand(...usages: Array<{ model: string; usage: Partial<Usage> }>): void {
    for (const { model, usage } of usages)
      currentLlmCall()!.recordResponse({ provider: 'openai', model, usage });
  }

  @LlmCall({ feature: 'reports', operation: 'outer' })
  async outer(): Promise<void> {
    await this.openai.chat.completions.create({ ...chat(), model: 'gpt-4o' });
    await this.summarize('gpt-4o-mini');
  }
}

it('the page lists each code of an unknown cost with its meaning', () => {
  const page = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8');
  const [, section] = page.split('## Unknown costs\n', 2);
  const rows = section!.split('\n## ', 1)[0]!.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm);
  expect(Object.fromEntries([...rows].map(([, code, meaning]) => [code, meaning]))).toEqual(COST_REASONS);
});

const spans = new CollectedSpans();
const metrics = new CollectedMetrics().register();

let telemetry: TelemetryApp;
const start = async (options: Parameters<typeof startTelemetryApp>[0] = {}): Promise<TelemetryApp> =>
  (telemetry = await startTelemetryApp({ providers: [Assistant], ...options }));
afterEach(async () => {
  await telemetry?.stop();
  spans.clear();
});

async function recordOf(work: (assistant: Assistant) => unknown): Promise<CallRecord> {
  await Promise.resolve(work(telemetry.get(Assistant))).catch(() => {});
  await telemetry.flush();
  return telemetry.records.at(-1)!;
}

/** Returns the cost of 1,000,000 units of one kind, in USD. */
function priceOf(model: string, usage: Partial<Usage>, provider = 'openai'): number | null {
  const cost = createPricer().price({
    provider,
    model,
    usage: { ...NO_USAGE, ...usage },
    at: Date.UTC(2026, 10, 20),
  });
  return cost.source === 'unknown' ? null : cost.costUsd;
}

describe('computation of costs', () => {
  it('prices each kind of token at its own price', () => {
    const million = 1_000_000;
    expect(priceOf('gpt-4o', { inputTokens: million })).toBe(2.5);
    expect(priceOf('gpt-4o', { inputTokens: million, cachedInputTokens: million })).toBe(1.25);
    expect(priceOf('gpt-4o', { outputTokens: million })).toBe(10);
    // Reasoning is part of the output and is not charged again.
    expect(priceOf('gpt-4o', { outputTokens: million, reasoningTokens: million })).toBe(10);
    const haiku = (usage: Partial<Usage>): number | null => priceOf('claude-haiku-4-5', usage, 'anthropic');
    expect(haiku({ inputTokens: million, cacheWriteTokens5m: million })).toBe(1.25);
    expect(haiku({ inputTokens: million, cacheWriteTokens1h: million })).toBe(2);
  });

  it('adds the fees of web searches and of hours of audio', () => {
    expect(priceOf('claude-haiku-4-5', { webSearchRequests: 1000 }, 'anthropic')).toBe(10);
    expect(priceOf('whisper-1', { audioSeconds: 3600 })).toBe(0.36);
  });

  it('uses the price for the date, the service tier, the region and the context length', () => {
    const sonnet = (usage: Partial<Usage>, at: number): number =>
      (
        createPricer().price({
          provider: 'anthropic',
          model: 'claude-sonnet-4-6',
          usage: { ...NO_USAGE, ...usage },
          at,
        }) as { costUsd: number }
      ).costUsd;
    const february = Date.UTC(2026, 1, 20);
    const november = Date.UTC(2026, 10, 20);
    expect(sonnet({ inputTokens: 300_000 }, february)).toBe(1.8);
    expect(sonnet({ inputTokens: 100_000 }, february)).toBe(0.3);
    expect(sonnet({ inputTokens: 300_000 }, november)).toBe(0.9);
    expect(sonnet({ inputTokens: 1000, serviceTier: 'batch' }, november)).toBe(0.0015);
    expect(sonnet({ inputTokens: 1000, geo: 'us' }, november)).toBe(0.0033);
  });

  it('adds integers, so that sums do not drift', async () => {
    await start();
    // In binary fractions, 0.1 + 0.2 is 0.30000000000000004.
    const record = await recordOf((assistant) =>
      assistant.byHand(
        { model: 'gpt-4o', usage: { inputTokens: 40_000 } },
        { model: 'gpt-4o', usage: { inputTokens: 80_000 } },
      ),
    );
    expect(record.cost.costUsd).toBe(0.3);
  });

  it('passes the receipt to onCall: quantity and price of each line, name, price list and its date', async () => {
    await start();
    const record = await recordOf((assistant) => assistant.summarize());
    const cost = record.attempts[0]!.cost!;
    if (cost.source === 'unknown') throw new Error(cost.reason);
    const usage = record.usage!;
    expect(cost.lines).toEqual([
      expect.objectContaining({ quantity: usage.inputTokens, usdPerUnit: 0.15 }),
      expect.objectContaining({ quantity: usage.outputTokens, usdPerUnit: 0.6 }),
    ]);
    expect(cost.pricedAs).toBe('gpt-4o-mini');
    expect(cost.pricedFrom).toMatch(/@pydantic\/genai-prices .* of \d{4}-\d\d-\d\d/);
  });
});

describe('sources of prices', () => {
  it('prefers custom prices to the price list', async () => {
    await start({ options: { pricing: { overrides: { 'gpt-4o-mini': { input: 7, output: 7 } } } } });
    const record = await recordOf((assistant) => assistant.summarize());
    expect(record.cost.source).toBe('override');
    expect(record.attempts[0]!.cost).toMatchObject({ lines: [{ usdPerUnit: 7 }, { usdPerUnit: 7 }] });
  });

  it('matches model names strictly: only a date or "latest" may follow', () => {
    const usage = { inputTokens: 1000 };
    expect(priceOf('claude-sonnet-5-5', usage, 'anthropic')).not.toBe(
      priceOf('claude-sonnet-5', usage, 'anthropic') ?? 'unknown',
    );
    expect(priceOf('gpt-4o-mini-2024-07-18', usage)).toBe(priceOf('gpt-4o-mini', usage));
    expect(priceOf('claude-haiku-4-5-latest', usage, 'anthropic')).toBe(
      priceOf('claude-haiku-4-5', usage, 'anthropic'),
    );
    expect(priceOf('gpt-4o-mini-turbo', usage)).toBeNull();
  });

  it('reports a model without a price as unknown in the span, the metric, the log line and the dashboard', async () => {
    await start();
    const record = await recordOf((assistant) => assistant.summarize('my-model'));
    expect(record.cost.source).toBe('unknown');
    const [span] = await spans.calls();
    expect(span!.attributes['llm.cost_source']).toBe('unknown');
    expect(span!.attributes).not.toHaveProperty('llm.estimated_cost_usd');
    expect(await metrics.sum('llm.unpriced', { 'gen_ai.response.model': 'my-model' })).toBe(1);
    const lines = telemetry.logger.of('LlmTelemetry').map(({ text }) => text);
    expect(lines).toContainEqual(expect.stringContaining('cost_usd=unknown'));
    const range = { from: Date.now() - 60_000, to: Date.now() + 60_000 };
    const quality = await telemetry.get(LlmTelemetryQueries).quality({ range });
    expect(JSON.stringify(quality)).toContain('my-model');
  });

  it('reports a service tier without a published multiplier as unknown', () => {
    expect(priceOf('gpt-4o', { inputTokens: 1000, serviceTier: 'scale' })).toBeNull();
  });

  it('records a model with prices of 0 as free', async () => {
    await start({ options: { pricing: { overrides: { free: { input: 0, output: 0 } } } } });
    const record = await recordOf((assistant) =>
      assistant.byHand({ model: 'free', usage: { inputTokens: 10, outputTokens: 1 } }),
    );
    expect(record.cost).toMatchObject({ source: 'override', costUsd: 0 });
  });

  it('charges nothing for a request rejected by the provider', async () => {
    await start();
    telemetry.emulator.program({ kind: 'rate_limit' });
    const record = await recordOf((assistant) => assistant.summarize());
    expect(record.failure?.type).toBe('rate_limit');
    expect(record.attempts[0]!.usage).toBeNull();
    expect(record.attempts[0]!.cost).toBeNull();
  });
});

describe('custom prices', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prices-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are in USD per million tokens, by provider if the key has a provider prefix, with multipliers and tools', async () => {
    const pricing = {
      overrides: {
        'gpt-4o': { input: 2.25, output: 9, cachedInput: 1.1, tools: { code_interpreter: 30 } },
        'azure.ai.openai/gpt-4o': { input: 2.5, output: 10, multipliers: { priority: 1.7 } },
      },
    };
    const price = (provider: string, usage: Partial<Usage>): unknown =>
      createPricer({ ...pricing }).price({
        provider,
        model: 'gpt-4o',
        usage: { ...NO_USAGE, ...usage },
        at: Date.UTC(2026, 10, 20),
      });
    expect(price('openai', { inputTokens: 1_000_000 })).toMatchObject({ source: 'override', costUsd: 2.25 });
    expect(price('openai', { toolUses: { code_interpreter: 1000 } })).toMatchObject({ costUsd: 30 });
    expect(price('azure.ai.openai', { inputTokens: 1_000_000, serviceTier: 'priority' })).toMatchObject({
      costUsd: 4.25,
    });
  });

  it('abort the start of the application if the file is missing or invalid, with line and field', async () => {
    const missing = join(folder, 'missing.json');
    await expect(start({ options: { pricing: { file: missing } } })).rejects.toThrow(missing);
    const wrong = join(folder, 'wrong.json');
    writeFileSync(wrong, '{\n  "gpt-4o": { "input": "free", "output": 1 }\n}');
    await expect(start({ options: { pricing: { file: wrong } } })).rejects.toThrow(
      /wrong\.json:2:\d+.*"gpt-4o"\.input/,
    );
  });
});

describe('attribution', () => {
  it('never counts a cost twice: a nested call keeps its own cost', async () => {
    await start();
    await recordOf((assistant) => assistant.outer());
    const byFeature = new Map(telemetry.records.map((record) => [record.feature, record]));
    const [outer, inner] = [byFeature.get('reports')!, byFeature.get('orders')!];
    expect(outer.attempts.map(({ requestModel }) => requestModel)).toEqual(['gpt-4o']);
    expect(inner.attempts.map(({ requestModel }) => requestModel)).toEqual(['gpt-4o-mini']);
    const range = { from: Date.now() - 60_000, to: Date.now() + 60_000 };
    const { costUsd } = await telemetry.get(LlmTelemetryQueries).summary({ range });
    expect(costUsd).toBeCloseTo(outer.cost.costUsd! + inner.cost.costUsd!, 12);
  });

  it('adds the attempts of a call, each priced by the model of its response', async () => {
    await start();
    const record = await recordOf((assistant) =>
      assistant.byHand(
        { model: 'gpt-4o', usage: { inputTokens: 1000 } },
        { model: 'gpt-4o-mini', usage: { inputTokens: 1000 } },
      ),
    );
    expect(record.attempts.map(({ cost }) => (cost as { costUsd: number }).costUsd)).toEqual([
      0.0025, 0.00015,
    ]);
    expect(record.cost.costUsd).toBe(0.00265);
  });
});

describe('limits', () => {
  it('reports uses of the code interpreter without a configured price as unknown', () => {
    expect(priceOf('gpt-4o', { inputTokens: 1000, toolUses: { code_interpreter: 1 } })).toBeNull();
  });
});
