import { trace } from '@opentelemetry/api';
import { DISABLED, type InjectedRecorder } from './application.js';
import type { Budgets } from '../budgets/budgets.js';
import { ContentCapture } from '../calls/content.js';
import { CallRecorder } from '../calls/recorder.js';
import type { RecordSink } from '../calls/record-sink.js';
import type { CaptureCounts } from '../sinks/capture-counts.js';
import type { CaptureWarnings } from './capture-warnings.js';
import type { Pricers } from '../pricing/pricers.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { CallbackSink } from '../sinks/callback.sink.js';
import { LogSink } from '../sinks/logs/log.sink.js';
import { MetricsSink } from '../sinks/metrics/metrics.sink.js';
import { DEFAULT_SEMCONV } from '../sinks/semconv.js';
import { SpanSink } from '../sinks/spans/span.sink.js';
import type { CallStore } from '../store/call-store.js';
import { StoreSink } from '../store/store.sink.js';
import { DEFAULT_ERROR_STATUSES } from '../wire/finish-reason.js';

/** Creates the recorder of an application with its pricer, sinks and budgets. */
export function createRecorder(
  options: LlmTelemetryOptions,
  warnings: CaptureWarnings,
  store: CallStore | null,
  budgets: Budgets | null,
  pricers: Pricers | null,
  counts: CaptureCounts,
): InjectedRecorder {
  if (options.enabled === false || pricers === null) return DISABLED;
  const semconv = options.semconv ?? DEFAULT_SEMCONV;
  const metricAttributes = new Set(options.metricAttributes);
  const errorStatuses = new Set(options.errorStatuses ?? DEFAULT_ERROR_STATUSES);
  const spans = new SpanSink(trace.getTracer('nestjs-llm-telemetry'), errorStatuses, semconv);
  const sinks: RecordSink[] = [new LogSink(), new MetricsSink(semconv, metricAttributes), counts];
  if (store) sinks.push(new StoreSink(store));
  if (budgets) sinks.push(budgets);
  if (options.onCall) sinks.push(new CallbackSink((record) => options.onCall?.(record)));
  const content = options.content ? new ContentCapture(options.content) : null;
  return new CallRecorder(
    spans,
    pricers.calls,
    sinks,
    content,
    (name) => warnings.noAttempt(name),
    options.includeStreamUsage,
    budgets,
    errorStatuses,
  );
}
