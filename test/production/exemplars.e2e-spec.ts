import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Injectable } from '@nestjs/common';
import { context, createContextKey, metrics, trace, type Context } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/**
 * An exemplar is a measurement with the trace that it belongs to. The SDK reads the trace from the context of the
 * measurement. The library records metrics of many calls in one batch, so each needs the context of its call.
 */

@Injectable()
class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'stream' })
  async stream(text: string): Promise<void> {
    const chunks = await this.openai.chat.completions.create({
      ...chat(text),
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of chunks) void chunk;
  }
}

const TENANT = createContextKey('tenant');

/** Context that a view of the application receives with each value of a histogram. */
interface ViewContext {
  readonly spanId: string | undefined;
  readonly traceId: string | undefined;
  readonly tenant: unknown;
}

describe('values of histograms', () => {
  const viewContexts = new Map<string, ViewContext[]>();
  let spans: CollectedSpans;
  let exporter: InMemoryMetricExporter;
  let reader: PeriodicExportingMetricReader;
  let telemetry: TelemetryApp;

  const HISTOGRAMS = [
    'llm.call.duration',
    'llm.time_to_first_token',
    'gen_ai.client.operation.duration',
    'gen_ai.client.operation.time_to_first_chunk',
    'gen_ai.client.operation.time_per_output_chunk',
    'gen_ai.client.token.usage',
    'gen_ai.client.inference.duration',
    'gen_ai.client.inference.time_to_first_chunk',
    'gen_ai.client.inference.time_per_output_chunk',
    'gen_ai.client.inference.operation.input_tokens',
    'gen_ai.client.inference.operation.output_tokens',
  ];

  beforeAll(async () => {
    spans = new CollectedSpans();
    exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({
      readers: [reader],
      views: HISTOGRAMS.map((instrumentName) => ({
        instrumentName,
        attributesProcessors: [
          {
            process(attributes, of?: Context) {
              const { traceId, spanId } = (of && trace.getSpanContext(of)) ?? {};
              const all = viewContexts.get(instrumentName) ?? [];
              all.push({ traceId, spanId, tenant: of?.getValue(TENANT) });
              viewContexts.set(instrumentName, all);
              return attributes;
            },
          },
        ],
      })),
    });
    metrics.setGlobalMeterProvider(provider);
    telemetry = await startTelemetryApp({ providers: [Assistant], options: { semconv: 'both' } });
  });
  beforeEach(() => {
    viewContexts.clear();
    spans.clear();
    telemetry.records.length = 0;
  });
  afterAll(async () => {
    await telemetry.stop();
    await reader.shutdown();
  });

  it('are recorded in the context of their call, also for concurrent calls', async () => {
    const assistant = telemetry.get(Assistant);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        context.with(context.active().setValue(TENANT, `tenant-${index}`), () =>
          assistant.stream(`Order #${index}: a lamp${' and a cable'.repeat(index % 5)}.`),
        ),
      ),
    );
    await telemetry.flush();

    const ofCalls = (await spans.calls()).map((span) => span.spanContext());
    expect(new Set(ofCalls.map(({ traceId }) => traceId)).size).toBe(20);
    const expected = ofCalls.map(({ traceId, spanId }) => `${traceId} ${spanId}`).sort();
    for (const name of HISTOGRAMS) {
      // Input and output tokens are two values of one histogram.
      const times = name === 'gen_ai.client.token.usage' ? 2 : 1;
      const seen = viewContexts.get(name)!.map(({ traceId, spanId }) => `${traceId} ${spanId}`);
      expect([name, seen.sort()]).toEqual([name, expected.flatMap((ids) => Array<string>(times).fill(ids))]);
      const tenants = new Set(viewContexts.get(name)!.map(({ tenant }) => tenant));
      expect([name, tenants.size, tenants.has('tenant-19')]).toEqual([name, 20, true]);
    }
  });

  it('do not retain the context after they are recorded', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const assistant = telemetry.get(Assistant);
    const held = await (async () => {
      const tenant = { of: 'a call' };
      await context.with(context.active().setValue(TENANT, tenant), () => assistant.stream('A lamp.'));
      await telemetry.flush();
      return new WeakRef(tenant);
    })();
    viewContexts.clear();
    spans.clear();
    // Sockets and timers of Node.js retain the context of the last call, so another call replaces it.
    await assistant.stream('A cable.');
    await telemetry.flush();
    for (let round = 0; round < 20 && held.deref(); round++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    expect(held.deref()).toBeUndefined();
  });

  it('are exported without exemplars, because the JavaScript SDK does not support them', async () => {
    await telemetry.get(Assistant).stream('A lamp.');
    await telemetry.flush();
    exporter.reset();
    await reader.forceFlush();
    const exported = JSON.stringify(exporter.getMetrics().map(({ scopeMetrics }) => scopeMetrics));
    expect(exported).toContain('llm.call.duration');
    // If this fails, the SDK has started to support exemplars: update docs/telemetry.md.
    expect(exported).not.toMatch(/exemplar/i);
  });
});
