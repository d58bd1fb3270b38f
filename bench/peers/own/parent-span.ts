import { context, trace } from '@opentelemetry/api';
import { endSpan, startSpan, type SpanTemplate } from '../../floor.js';
import type { Work } from '../../work/work.js';

/** Method with a manual span around the call, which has the attributes of the library's span of a call. */
export class ParentSpan {
  private readonly tracer = trace.getTracer('parent');

  constructor(private readonly template: SpanTemplate) {}

  async ask(work: Work): Promise<unknown> {
    const span = startSpan(this.tracer, this.template, context.active());
    const result = await context.with(trace.setSpan(context.active(), span), work);
    endSpan(span, this.template);
    return result;
  }
}
