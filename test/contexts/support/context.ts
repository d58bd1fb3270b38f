import {
  Injectable,
  type ExecutionContext,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { SpanKind, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  currentLlmCall,
  LlmCall,
  LlmTelemetry,
  LlmTelemetryModule,
  type CallRecord,
  type RequestIdentity,
} from 'nestjs-llm-telemetry';
import { startProviderEmulator, type LedgerEntry, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { CapturedLogger } from '../../support/captured-logger.js';
import { RecordCollector } from '../../support/record-collector.js';
import { CollectedSpans } from '../../support/spans.js';

/** A unit of work, with the fault that its provider injects. */
export interface Job {
  readonly id: string;
  readonly fault?: string;
}

/** Concurrent jobs, of which the second succeeds after a retry. */
export const JOBS: readonly Job[] = [
  { id: 'first' },
  { id: 'retried', fault: 'rate_limit attempts=1 retry_after=0.001' },
  { id: 'third' },
];
export const FAILING: Job = { id: 'failing', fault: 'bad_request' };

/** Service that handlers call. Each job has a separate model, which identifies its requests on the bill. */
@Injectable()
export class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'contexts', operation: 'answer' })
  async answer({ id, fault = 'none' }: Job): Promise<string> {
    currentLlmCall()!.setAttributes({ 'job.id': id });
    const completion = await this.openai.chat.completions.create(
      { model: modelOf(id), messages: [{ role: 'user', content: `Say hello to ${id}.` }] },
      { headers: { 'x-emulator-fault': fault } },
    );
    return completion.choices[0]!.message.content!;
  }

  @LlmCall({ feature: 'contexts', operation: 'stream' })
  async *stream({ id, fault = 'none' }: Job): AsyncGenerator<string> {
    currentLlmCall()!.setAttributes({ 'job.id': id });
    const chunks = await this.openai.chat.completions.create(
      {
        model: modelOf(id),
        messages: [{ role: 'user', content: `Say hello to ${id}.` }],
        stream: true,
        stream_options: { include_usage: true },
      },
      { headers: { 'x-emulator-fault': fault } },
    );
    for await (const chunk of chunks) {
      const piece = chunk.choices[0]?.delta.content;
      if (piece) yield piece;
    }
  }
}

const modelOf = (id: string): string => `model-of-${id}`;

/** Replaces the instrumentation of the context: creates a span around the work of a handler. */
export function handled<T>(id: string, work: () => Promise<T>): Promise<T> {
  return trace.getTracer('test').startActiveSpan(`handle ${id}`, async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });
}

// The tracer provider is global, so each test file has one collector.
export const spans = new CollectedSpans();

/** Application with the module in a specific context, and the telemetry of its calls. */
export class TestContext {
  readonly records = new RecordCollector();
  /** The context types for which `requestContext` was called. */
  readonly asked: string[] = [];
  readonly logger = new CapturedLogger();
  module!: TestingModule;
  private emulator!: ProviderEmulator;

  async start({
    imports = [],
    providers = [],
    controllers = [],
    identityOf = () => undefined,
  }: {
    imports?: ModuleMetadata['imports'];
    providers?: Provider[];
    controllers?: Type[];
    identityOf?: (context: ExecutionContext) => RequestIdentity | undefined;
  }): Promise<this> {
    this.emulator = await startProviderEmulator();
    const openai = new OpenAI({
      apiKey: 'sk-not-a-key',
      baseURL: this.emulator.openaiBaseUrl,
      maxRetries: 1,
    });
    const requestContext = (context: ExecutionContext): RequestIdentity | undefined => {
      this.asked.push(context.getType());
      return identityOf(context);
    };
    this.module = await Test.createTestingModule({
      imports: [LlmTelemetryModule.forRoot({ onCall: this.records.onCall, requestContext }), ...imports],
      providers: [{ provide: OpenAI, useValue: openai }, Assistant, ...providers],
      controllers,
    })
      .setLogger(this.logger)
      .compile();
    return this;
  }

  clear(): void {
    spans.clear();
    this.records.clear();
    this.emulator.reset();
    this.asked.length = 0;
  }

  /** Stops `app`, then the emulator. Throws if the library logged an error. */
  async stop(app: { close(): Promise<void> }): Promise<void> {
    await app.close();
    await this.emulator.stop();
    const faults = this.logger.entries.filter(({ text }) => text.includes('Telemetry error'));
    if (faults.length > 0) throw new Error(faults[0]!.text);
  }

  /**
   * Waits for the calls of the jobs. Expects each record to match its bill, and each call to be a child span of its
   * handler.
   *
   * @returns the records in the order of the jobs
   */
  async expectCalls(jobs: readonly Job[], operation = 'answer'): Promise<CallRecord[]> {
    await this.records.exactly(jobs.length);
    await this.module.get(LlmTelemetry, { strict: false }).flush();
    const all = await spans.all();
    const bill = this.emulator.ledger.entries();
    return jobs.map(({ id }) => {
      const record = this.records.now.find(({ attributes }) => attributes['job.id'] === id)!;
      expectBill(
        record,
        operation,
        bill.filter(({ model }) => model === modelOf(id)),
      );
      expectSpans(record, id, all);
      return record;
    });
  }
}

function expectBill(record: CallRecord, operation: string, lines: readonly LedgerEntry[]): void {
  expect(record).toMatchObject({ feature: 'contexts', operation });
  expect(record.attempts.map(({ requestId }) => requestId)).toEqual(lines.map(({ requestId }) => requestId));
  const billed = lines.find((line) => line.billed);
  if (!billed) expect(record.usage).toBeNull();
  else {
    const { inputTokens, outputTokens } = billed;
    expect(record.usage).toMatchObject({ source: 'provider', inputTokens, outputTokens });
  }
}

/** Expects the span of the call to be a child of the handler's span, and the spans of attempts to be its children. */
function expectSpans(record: CallRecord, id: string, all: readonly ReadableSpan[]): void {
  const handler = all.find(({ name }) => name === `handle ${id}`)!;
  const call = all.find((span) => span.spanContext().spanId === record.trace!.spanId)!;
  expect(call.parentSpanContext?.spanId).toBe(handler.spanContext().spanId);
  const attempts = all.filter(
    ({ kind, parentSpanContext }) =>
      kind === SpanKind.CLIENT && parentSpanContext?.spanId === call.spanContext().spanId,
  );
  expect(attempts.map(({ attributes }) => attributes['llm.request_id'])).toEqual(
    record.attempts.map(({ requestId }) => requestId),
  );
}
