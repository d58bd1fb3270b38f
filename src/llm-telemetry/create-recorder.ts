import { trace } from '@opentelemetry/api';
import { DISABLED, type InjectedRecorder } from './application.js';
import type { Budgets } from './budgets/budgets.js';
import { ContentCapture } from './call/content.js';
import { CallRecorder } from './call/recorder.js';
import type { RecordSink } from './call/record.js';
import type { CaptureNotices } from './capture-notices.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { createPricer } from './pricing/cost.js';
import { PriceFile } from './pricing/price-file.js';
import { CallbackSink } from './sinks/callback.sink.js';
import { LogSink } from './sinks/log.sink.js';
import { checkMetricAttributes } from './sinks/metric-attributes.js';
import { MetricsSink } from './sinks/metrics.sink.js';
import { DEFAULT_SEMCONV } from './sinks/semconv.js';
import { DEFAULT_ERROR_STATUSES } from './sinks/span-status.js';
import { SpanSink } from './sinks/span.sink.js';
import type { CallStore } from './store/call-store.js';
import { StoreSink } from './store/store.sink.js';
import { guard, reportFault } from './wire/guard.js';

/** Puts together an application's recorder: from the wire on its left to the sinks on its right. */
export function createRecorder(
  options: LlmTelemetryOptions,
  notices: CaptureNotices,
  store: CallStore | null,
  budgets: Budgets | null,
): InjectedRecorder {
  if (options.enabled === false) return DISABLED;
  const semconv = options.semconv ?? DEFAULT_SEMCONV;
  const metricAttributes = checkMetricAttributes(options.metricAttributes ?? []);
  const spans = new SpanSink(
    trace.getTracer('nestjs-llm-telemetry'),
    new Set(options.errorStatuses ?? DEFAULT_ERROR_STATUSES),
    semconv,
  );
  const { file } = options.pricing ?? {};
  const pricer = createPricer(options.pricing, {
    file:
      file === undefined
        ? null
        : new PriceFile(file, (sentence, isGood) => {
            guard('telling of prices', () => notices.prices(sentence, isGood));
          }),
    onFault: (error) => reportFault('asking for a price', error),
    onUnknown: (reason) => guard('saying so', () => notices.noPrice(reason)),
  });
  const sinks: RecordSink[] = [new LogSink(), new MetricsSink(semconv, metricAttributes)];
  if (store) sinks.push(new StoreSink(store));
  if (budgets) sinks.push(budgets);
  if (options.onCall) sinks.push(new CallbackSink(options.onCall));
  const content = options.content ? new ContentCapture(options.content) : null;
  return new CallRecorder(
    spans,
    pricer,
    sinks,
    content,
    (name) => notices.noAttempt(name),
    options.includeStreamUsage,
    budgets,
  );
}
