import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { SpanStatusCode } from '@opentelemetry/api';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/**
 * Verifies the claims of docs/backends.md about the data that this library sends, in the order of the page. Statements
 * about a backend come from its linked documentation, as the page states.
 *
 * Tested elsewhere, with our own receivers:
 * - "Which spans and metrics are sent, by which protocol" → test/production/otlp.e2e-spec.ts
 * - "Metrics count every call, regardless of sampling" → test/production/sampling.e2e-spec.ts
 * - "Traces to one place and metrics to another", Prometheus → test/production/otlp-prometheus.e2e-spec.ts
 * - "When a backend does not respond" → test/production/otlp-troubles.e2e-spec.ts
 * - The variables of each block → `npm run docs:check`
 */

@Injectable()
class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(prompt?: string): Promise<void> {
    await this.openai.chat.completions.create({ ...chat(prompt), temperature: 0.2 });
  }
}

const spans = new CollectedSpans();
let telemetry: TelemetryApp;
beforeAll(async () => {
  telemetry = await startTelemetryApp({ providers: [Assistant] });
});
afterAll(() => telemetry.stop());
beforeEach(() => spans.clear());

async function ask(prompt?: string) {
  await telemetry
    .get(Assistant)
    .summarize(prompt)
    .catch(() => {});
  await telemetry.flush();
  return { call: (await spans.calls())[0]!, attempt: (await spans.attempts())[0]! };
}

const page = readFileSync(new URL('../../docs/backends.md', import.meta.url), 'utf8');
const example = readFileSync(new URL('../../src/example/tracing.ts', import.meta.url), 'utf8');

describe('telemetry for every backend', () => {
  it('sets model, tokens and finish reasons on chat <model> for LLM backends', async () => {
    const { attempt } = await ask();
    expect(attempt.name).toBe('chat gpt-4o-mini');
    expect(attempt.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.response.model': expect.any(String),
      'gen_ai.request.temperature': 0.2,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': expect.any(Number),
      'gen_ai.usage.output_tokens': expect.any(Number),
    });
  });

  it('sets the error of a rejected request on chat <model>', async () => {
    const { attempt } = await ask('[emulate rate_limit] Hi');
    expect(attempt.attributes['error.type']).toBe('rate_limit');
  });

  it('sets feature, operation, outcome, attempts and cost on llm.<operation>', async () => {
    const { call } = await ask();
    expect(call.attributes).toMatchObject({
      'llm.feature': 'orders',
      'llm.operation': 'summarize',
      'llm.finish_reason': 'stop',
      'llm.attempts': 1,
      'llm.estimated_cost_usd': expect.any(Number),
    });
  });

  it('sets the cost on llm.<operation>, and the same cost on chat <model> as gen_ai.usage.cost', async () => {
    const { call, attempt } = await ask();
    const costsOf = ({ attributes }: typeof call): string[] =>
      Object.keys(attributes).filter((name) => /cost(_usd)?$/.test(name));
    expect([costsOf(call), costsOf(attempt)]).toEqual([['llm.estimated_cost_usd'], ['gen_ai.usage.cost']]);
    expect(attempt.attributes['gen_ai.usage.cost']).toBe(call.attributes['llm.estimated_cost_usd']);
  });

  it('records prompts and responses on no span by default', async () => {
    await ask('canary-prompt');
    for (const { attributes, events } of await spans.all())
      expect(JSON.stringify({ attributes, events })).not.toContain('canary');
  });

  it('sets the status ERROR on the call and the attempt of a truncated response', async () => {
    const { call, attempt } = await ask('[emulate truncate after=3] Hi');
    for (const { status } of [call, attempt]) expect(status.code).toBe(SpanStatusCode.ERROR);
  });

  it('sets gen_ai.conversation.id and gen_ai.agent.name on no span', async () => {
    await ask();
    for (const { attributes } of await spans.all())
      for (const name of ['gen_ai.conversation.id', 'gen_ai.agent.name'])
        expect(attributes).not.toHaveProperty([name]);
  });

  it('sets llm.provider to the provider', async () => {
    expect((await ask()).call.attributes['llm.provider']).toBe('openai');
  });
});

describe('the example', () => {
  it('configures no exporter, reader or service name of the NodeSDK in code', () => {
    const [, options] = /new NodeSDK\(\{([^}]*)\}\)/.exec(example)!;
    expect(options).not.toMatch(/exporter|reader|serviceName/i);
  });

  it('sends no signal without an endpoint', () => {
    expect(example).toContain("if (!endpoint) env[`OTEL_${signal}_EXPORTER`] ||= 'none';");
  });

  it('waits up to 5 s for a Collector when it stops', () => {
    expect(example).toContain('const STOP_MS = 5000;');
    expect(page).toMatch(/5 (s|seconds)\b/);
  });
});

describe('backends', () => {
  it('lists the sources of each section', () => {
    const vendors = ['Grafana Cloud', 'Datadog', 'Honeycomb', 'Langfuse', 'Phoenix', 'Jaeger', 'Tempo'];
    for (const vendor of vendors) {
      const section = page.split(`\n## ${vendor}\n`)[1]?.split('\n## ')[0] ?? '';
      expect([vendor, section.includes('Sources: [')]).toEqual([vendor, true]);
    }
  });
});
