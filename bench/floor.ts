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
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { meterProvider, tracerProvider } from './opentelemetry.js';
import type { Work } from './work/work.js';
import { SpanTally } from './tally.js';

/**
 * Measures the cost of OpenTelemetry alone: two manual spans around the work with the attributes of the library's
 * spans, and values in up to four histograms. This is a lower bound for any library with this output.
 */
export class Floor {
  private readonly tracer: Tracer = tracerProvider(new SpanTally()).getTracer('floor');
  private readonly histograms: readonly Histogram[];

  constructor(
    private readonly call: ReadableSpan,
    private readonly attempt: ReadableSpan,
    histograms: number,
  ) {
    const meter = meterProvider().getMeter('floor');
    this.histograms = Array.from({ length: histograms }, (_, index) =>
      meter.createHistogram(`floor.${index}`),
    );
  }

  async ask(work: Work): Promise<unknown> {
    const callSpan = this.start(this.call, context.active());
    const inCall = trace.setSpan(context.active(), callSpan);
    const attemptSpan = this.start(this.attempt, inCall);
    const result = await context.with(trace.setSpan(inCall, attemptSpan), work);
    end(attemptSpan, this.attempt);
    end(callSpan, this.call);
    for (const histogram of this.histograms) histogram.record(VALUE, DIMENSIONS);
    return result;
  }

  private start({ name, kind, attributes }: ReadableSpan, parent: Context): Span {
    return this.tracer.startSpan(name, { kind, attributes: half(attributes, 0) }, parent);
  }
}

/** What is recorded: the length of a short response. */
const VALUE = 200;

const DIMENSIONS: Attributes = {
  'llm.feature': 'bench',
  'llm.operation': 'ask',
  'gen_ai.provider.name': 'floor',
  'gen_ai.response.model': 'floor',
};

function end(span: Span, { attributes }: ReadableSpan): void {
  span.setAttributes(half(attributes, 1)).setStatus({ code: SpanStatusCode.OK }).end();
}

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
