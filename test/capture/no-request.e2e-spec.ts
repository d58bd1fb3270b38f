import { Injectable } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import OpenAI from 'openai';
import {
  currentLlmCall,
  LlmBudgetExceededError,
  LlmCall,
  LlmTelemetryAlerts,
  LlmTelemetryQueries,
} from 'nestjs-llm-telemetry';
import { CollectedMetrics } from '../support/metrics.js';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

@Injectable()
class Assistant {
  constructor(readonly openai: OpenAI) {}

  @LlmCall({ feature: 'assistant', operation: 'silent' })
  silent(): string {
    return 'from an uncaptured client';
  }

  @LlmCall({ feature: 'assistant', operation: 'invalid' })
  invalid(): never {
    throw new TypeError('The input is invalid.');
  }

  @LlmCall({ feature: 'assistant', operation: 'cached' })
  cached(): string {
    const usage = { inputTokens: 0, outputTokens: 0 };
    currentLlmCall()?.recordResponse({ provider: 'openai', model: 'gpt-4o-mini', usage });
    return 'from a cache';
  }

  @LlmCall({ feature: 'assistant', operation: 'outer' })
  async outer(): Promise<void> {
    await this.ask();
  }

  @LlmCall({ feature: 'limited', operation: 'ask' })
  async ask(): Promise<void> {
    await this.openai.chat.completions.create(chat('Hello.'));
  }
}

const UNKNOWN = { usage: null, cost: { source: 'unknown', costUsd: null }, attempts: [] };

describe('the cost of a call in which no request was observed', () => {
  let telemetry: TelemetryApp;
  const spans = new CollectedSpans();
  let collected: CollectedMetrics;
  let assistant: Assistant;

  beforeEach(async () => {
    spans.clear();
    collected = new CollectedMetrics().register();
    const budgets = [{ feature: 'limited', usd: 1e-9, per: 'day', onExceed: 'block' } as const];
    telemetry = await startTelemetryApp({ providers: [Assistant], options: { store: 'memory', budgets } });
    assistant = telemetry.get(Assistant);
  });
  afterEach(async () => {
    await telemetry.stop();
    metrics.disable();
  });

  it('is unknown on the record, the span and the log line', async () => {
    assistant.silent();
    await telemetry.flush();
    expect(telemetry.records).toMatchObject([UNKNOWN]);
    const [span] = await spans.calls();
    expect(span!.attributes).toMatchObject({ 'llm.cost_source': 'unknown', 'llm.attempts': 0 });
    for (const name of [
      'llm.estimated_cost_usd',
      'llm.total_tokens',
      'llm.prompt_tokens',
      'llm.usage_source',
    ])
      expect(span!.attributes).not.toHaveProperty([name]);
    const line = telemetry.logger.of('LlmTelemetry').find(({ text }) => text.includes('assistant'));
    expect(line!.text).toContain('cost_usd=unknown');
  });

  it('does not affect cost metrics, cost totals and cost alerts', async () => {
    assistant.silent();
    await telemetry.flush();
    expect(await collected.points('llm.cost')).toEqual([]);
    expect(await collected.sum('llm.unpriced')).toBe(0);
    expect(await collected.sum('llm.usage_missing')).toBe(0);
    const queries = telemetry.get(LlmTelemetryQueries);
    expect(await queries.summary()).toMatchObject({ calls: 1, costUsd: 0, unpricedCalls: 0 });
    const { calls } = await queries.calls();
    expect(calls).toMatchObject([{ costUsd: null, costSource: 'unknown', usageSource: null }]);
    const alerts = telemetry.get(LlmTelemetryAlerts);
    await alerts.evaluate();
    expect(alerts.list().alerts.find(({ name }) => name === 'unpriced_calls')).toMatchObject({ state: 'ok' });
  });

  it('is unknown if the method fails before it sends a request', async () => {
    expect(() => assistant.invalid()).toThrow('The input is invalid.');
    await telemetry.flush();
    expect(telemetry.records).toMatchObject([UNKNOWN]);
  });

  it('is known if the method records a response', async () => {
    assistant.cached();
    await telemetry.flush();
    expect(telemetry.records).toMatchObject([{ cost: { source: 'table', costUsd: 0 } }]);
  });

  it('has no source if the requests belong to a nested call or a budget refused the call', async () => {
    await assistant.outer();
    await telemetry.flush();
    await expect(assistant.ask()).rejects.toBeInstanceOf(LlmBudgetExceededError);
    await telemetry.flush();
    const costs = telemetry.records.map(({ operation, cost }) => [operation, cost.source]);
    expect(costs).toEqual([
      ['ask', 'table'],
      ['outer', null],
      ['ask', null],
    ]);
    expect(telemetry.logger.of('LlmTelemetry').some(({ text }) => text.includes('no request'))).toBe(false);
  });
});
