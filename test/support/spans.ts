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

/** OpenTelemetry SDK that keeps spans in memory. Registered once per test file, as services register it once. */
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

  /** Returns the spans of calls. */
  async calls(): Promise<ReadableSpan[]> {
    return (await this.all()).filter(({ name }) => name.startsWith('llm.'));
  }

  /** Returns the spans of attempts. */
  async attempts(): Promise<ReadableSpan[]> {
    return (await this.all()).filter(({ name }) => name.startsWith('chat '));
  }

  /** Resolves with the next span that satisfies `matches`. */
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
