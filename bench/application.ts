import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LlmCall, LlmTelemetry, LlmTelemetryModule, type CallRecord } from 'nestjs-llm-telemetry';
import { registerProviders } from './opentelemetry.js';
import { RecordTally, SpanTally } from './tally.js';
import type { Work } from './work/work.js';
import type { Variant } from './variants.js';

const CALL_NAME = { feature: 'bench', operation: 'ask' };

/** Service that calls a model, in a method or by `telemetry.run`. */
export interface Service {
  ask(work: Work): Promise<unknown>;
  run(work: Work): PromiseLike<unknown>;
}

export class PlainService implements Service {
  async ask(work: Work): Promise<unknown> {
    return await work();
  }

  run(work: Work): PromiseLike<unknown> {
    return work();
  }
}

@Injectable()
export class AnnotatedService implements Service {
  constructor(@Inject(LlmTelemetry) private readonly telemetry: LlmTelemetry) {}

  @LlmCall(CALL_NAME)
  async ask(work: Work): Promise<unknown> {
    return await work();
  }

  run(work: Work): PromiseLike<unknown> {
    return this.telemetry.run(CALL_NAME, work);
  }
}

/** NestJS application with the module, configured for a variant. */
export interface Application {
  readonly variant: Variant;
  readonly service: Service;
  readonly records: RecordTally;
  /** `null` without an OpenTelemetry SDK. */
  readonly spans: SpanTally | null;
  tap(fetch: typeof globalThis.fetch): typeof globalThis.fetch;
  stop(): Promise<void>;
}

/** Starts an application without a logger, whose cost is not measured here, and without a store (see `bench:store`). */
export async function startApplication(variant: Variant): Promise<Application> {
  const records = new RecordTally();
  const spans = variant.spans ? new SpanTally() : null;
  registerProviders(spans, variant.metrics);
  const { app, telemetry } = await startModule(records.add);
  return {
    variant,
    service: app.get<Service>(variant.annotated ? AnnotatedService : PlainService),
    records,
    spans,
    tap: (fetch) => telemetry.wrapFetch(fetch),
    stop: () => app.close(),
  };
}

/** Starts the module in an application with both services. */
export async function startModule(onCall: (record: CallRecord) => void) {
  @Module({
    imports: [
      LlmTelemetryModule.forRoot({
        onCall,
        store: false,
        // The transports of the benchmark stand in for the providers.
        pricing: { hosts: { '127.0.0.1': 'native' } },
      }),
    ],
    providers: [PlainService, AnnotatedService],
  })
  class BenchModule {}

  const app = await NestFactory.createApplicationContext(BenchModule, { logger: false });
  return { app, telemetry: app.get(LlmTelemetry, { strict: false }) };
}
