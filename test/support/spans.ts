import { EventEmitter, on } from 'node:events';
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
  private readonly ends = new EventEmitter();

  constructor(...more: SpanProcessor[]) {
    this.provider = new TracerProvider({
      spanProcessors: [...more, announcing(this.ends), new SimpleSpanProcessor({ exporter: this.exporter })],
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

  /** The first span from now on for which `matches` holds. */
  async next(matches: (span: ReadableSpan) => boolean): Promise<ReadableSpan> {
    for await (const [span] of on(this.ends, 'span') as AsyncIterable<[ReadableSpan]>) {
      if (matches(span)) return span;
    }
    throw new Error('unreachable: the emitter does not end');
  }

  clear(): void {
    this.exporter.reset();
  }
}

function announcing(ends: EventEmitter): SpanProcessor {
  return {
    onStart: () => {},
    onEnd: (span) => void ends.emit('span', span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}
