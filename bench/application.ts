import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LlmCall, LlmTelemetry, LlmTelemetryModule } from 'nestjs-llm-telemetry';
import { registerProviders } from './opentelemetry.js';
import { RecordTally, SpanTally } from './tally.js';
import type { Variant } from './variants.js';

/** The method that a service would have. */
interface Service {
  ask(work: () => Promise<string>): Promise<string>;
}

export class PlainService implements Service {
  async ask(work: () => Promise<string>): Promise<string> {
    return await work();
  }
}

@Injectable()
class AnnotatedService implements Service {
  @LlmCall({ feature: 'bench', operation: 'ask' })
  async ask(work: () => Promise<string>): Promise<string> {
    return await work();
  }
}

/** A Nest application with the module, as a variant wants it. */
export interface Application {
  readonly variant: Variant;
  readonly service: Service;
  readonly records: RecordTally;
  /** `null` where there is no OpenTelemetry SDK. */
  readonly spans: SpanTally | null;
  tap(fetch: typeof globalThis.fetch): typeof globalThis.fetch;
  stop(): Promise<void>;
}

/** Without a logger, since what a log line costs is its affair, and without a store, which has a bench of its own. */
export async function startApplication(variant: Variant): Promise<Application> {
  const records = new RecordTally();
  const spans = variant.spans ? new SpanTally() : null;
  registerProviders(spans, variant.metrics);

  @Module({
    imports: [LlmTelemetryModule.forRoot({ onCall: records.add, store: false })],
    providers: [PlainService, AnnotatedService],
  })
  class BenchModule {}

  const app = await NestFactory.createApplicationContext(BenchModule, { logger: false });
  const telemetry = app.get(LlmTelemetry, { strict: false });
  return {
    variant,
    service: app.get<Service>(variant.annotated ? AnnotatedService : PlainService),
    records,
    spans,
    tap: (fetch) => telemetry.wrapFetch(fetch),
    stop: () => app.close(),
  };
}
