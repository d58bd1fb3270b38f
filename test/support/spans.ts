import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';

/** An OpenTelemetry SDK whose spans stay in memory. Registered once for a test file, as it is once for a process. */
export class CollectedSpans {
  private readonly exporter = new InMemorySpanExporter();
  private readonly provider: TracerProvider;

  constructor(...more: SpanProcessor[]) {
    this.provider = new TracerProvider({
      spanProcessors: [...more, new SimpleSpanProcessor({ exporter: this.exporter })],
    });
    trace.setGlobalTracerProvider(this.provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  }

  async all(): Promise<ReadableSpan[]> {
    await this.provider.forceFlush();
    return this.exporter.getFinishedSpans();
  }

  /** The spans of calls. */
  async calls(): Promise<ReadableSpan[]> {
    return (await this.all()).filter(({ name }) => name.startsWith('llm.'));
  }

  /** The spans of attempts. */
  async attempts(): Promise<ReadableSpan[]> {
    return (await this.all()).filter(({ name }) => name.startsWith('chat '));
  }

  clear(): void {
    this.exporter.reset();
  }
}
