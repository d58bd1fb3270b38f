import {
  context,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Histogram,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { meterProvider, tracerProvider } from './opentelemetry.js';
import type { Work } from './work/work.js';
import { SpanTally } from './tally.js';

/**
 * Measures the cost of OpenTelemetry alone: two manual spans around the work with the attributes of the library's
 * spans, and values in up to four histograms. This is a lower bound for any library with this output.
 */
export class Floor {
  private readonly tracer: Tracer;
  private readonly histograms: readonly Histogram[];

  constructor(
    private readonly call: SpanTemplate,
    private readonly attempt: SpanTemplate,
    histograms: number,
    processor: SpanProcessor = new SpanTally(),
  ) {
    this.tracer = tracerProvider(processor).getTracer('floor');
    const meter = meterProvider().getMeter('floor');
    this.histograms = Array.from({ length: histograms }, (_, index) =>
      meter.createHistogram(`floor.${index}`),
    );
  }

  async ask(work: Work): Promise<unknown> {
    const callSpan = startSpan(this.tracer, this.call, context.active());
    const inCall = trace.setSpan(context.active(), callSpan);
    const attemptSpan = startSpan(this.tracer, this.attempt, inCall);
    const result = await context.with(trace.setSpan(inCall, attemptSpan), work);
    endSpan(attemptSpan, this.attempt);
    endSpan(callSpan, this.call);
    for (const histogram of this.histograms) histogram.record(VALUE, DIMENSIONS);
    return result;
  }
}

/** What a manual span copies from a span of the library. */
export type SpanTemplate = Pick<ReadableSpan, 'name' | 'kind' | 'attributes'>;

/** Starts a span with the first half of the attributes. */
export function startSpan(tracer: Tracer, { name, kind, attributes }: SpanTemplate, parent: Context): Span {
  return tracer.startSpan(name, { kind, attributes: half(attributes, 0) }, parent);
}

/** Ends a span with the second half of the attributes. */
export function endSpan(span: Span, { attributes }: SpanTemplate): void {
  span.setAttributes(half(attributes, 1)).setStatus({ code: SpanStatusCode.OK }).end();
}

/** What is recorded: the length of a short response. */
const VALUE = 200;

const DIMENSIONS: Attributes = {
  'llm.feature': 'bench',
  'llm.operation': 'ask',
  'gen_ai.provider.name': 'floor',
  'gen_ai.response.model': 'floor',
};

const halves = new WeakMap<Attributes, readonly [Attributes, Attributes]>();

/** Splits the attributes: the first half is set when a span starts, the second when it ends. */
function half(attributes: Attributes, which: 0 | 1): Attributes {
  let known = halves.get(attributes);
  if (!known) {
    const entries = Object.entries(attributes);
    const middle = entries.length >> 1;
    known = [Object.fromEntries(entries.slice(0, middle)), Object.fromEntries(entries.slice(middle))];
    halves.set(attributes, known);
  }
  return known[which];
}
