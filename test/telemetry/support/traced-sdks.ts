import { metrics, SpanKind, type Attributes } from '@opentelemetry/api';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import Anthropic from '@anthropic-ai/sdk';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { startTelemetryApp, type TelemetryApp } from '../../support/telemetry-app.js';

/**
 * Service with the OpenTelemetry SDK: HTTP and undici are instrumented, and the tracing of the Anthropic SDK is on,
 * which is its default.
 */

export const OURS = 'nestjs-llm-telemetry';

/** Keeps the attributes at the start of each span, which are all that a sampler receives. */
class Starts implements SpanProcessor {
  private readonly attributes = new Map<string, Attributes>();
  onStart = (span: { spanContext(): { spanId: string }; attributes: Attributes }): void =>
    void this.attributes.set(span.spanContext().spanId, { ...span.attributes });
  onEnd = (): void => {};
  forceFlush = (): Promise<void> => Promise.resolve();
  shutdown = (): Promise<void> => Promise.resolve();
  of = (span: ReadableSpan): Attributes => this.attributes.get(span.spanContext().spanId)!;
}

export const exporter = new InMemorySpanExporter();
export const starts = new Starts();
let sdk: NodeSDK;
let enabled: ReturnType<typeof getNodeAutoInstrumentations>;
export let telemetry: TelemetryApp;
let llm: LlmTelemetry;
export let openai: OpenAI;
export let anthropic: Anthropic;

beforeAll(async () => {
  process.env['OTEL_NODE_ENABLED_INSTRUMENTATIONS'] = 'http,undici';
  process.env['OTEL_NODE_RESOURCE_DETECTORS'] = 'env';
  for (const signal of ['METRICS', 'LOGS']) process.env[`OTEL_${signal}_EXPORTER`] = 'none';
  enabled = getNodeAutoInstrumentations();
  sdk = new NodeSDK({
    instrumentations: enabled,
    spanProcessors: [starts, new SimpleSpanProcessor({ exporter })],
  });
  sdk.start();
  telemetry = await startTelemetryApp({ emulatorOptions: { cachedTokens: true } });
  llm = telemetry.get(LlmTelemetry);
  openai = telemetry.get(OpenAI);
  anthropic = telemetry.get(Anthropic);
});

afterAll(async () => {
  await telemetry.stop();
  await sdk.shutdown();
  // Instrumentations patch the whole process, and later test files run in it too.
  for (const instrumentation of enabled) instrumentation.disable();
  metrics.disable();
});

beforeEach(() => {
  exporter.reset();
  telemetry.emulator.reset();
});

/** Runs `work` as a call and returns the finished spans. */
export async function spansOf(work: () => Promise<unknown>): Promise<readonly ReadableSpan[]> {
  await llm.run({ feature: 'conventions', operation: 'ask' }, work).catch(() => undefined);
  await telemetry.flush();
  return exporter.getFinishedSpans();
}

export const scope = ({ instrumentationScope }: ReadableSpan): string => instrumentationScope.name;
export const attemptsIn = (spans: readonly ReadableSpan[]): ReadableSpan[] =>
  spans.filter((span) => scope(span) === OURS && span.kind === SpanKind.CLIENT);

export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
