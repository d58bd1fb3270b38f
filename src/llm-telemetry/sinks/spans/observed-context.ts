import { trace, type Context } from '@opentelemetry/api';
import { INACTIVE_OPERATIONS } from './operation-names.js';
import { operationOf, type OperationSpan, type ReadableSpan } from './operation-span.js';

/**
 * Context of a call that remembers which spans were put into the contexts derived from it: a library that starts a span
 * calls `trace.setSpan(context, span)`, which calls `context.setValue`. That shows the ancestors of a request's span, and
 * spans that are never active, without a span processor and without internals of an SDK
 * (docs/decisions/0008-observed-context.md).
 */
export class ObservedContext implements Context {
  constructor(
    /** Context without observation, with the same values. */
    readonly plain: Context,
    private readonly spans: DerivedSpans,
    private readonly innermost: DerivedSpan | null = null,
  ) {}

  getValue(key: symbol): unknown {
    return this.plain.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    const plain = this.plain.setValue(key, value);
    const { innermost, spans } = this;
    if (key !== SPAN_KEY) return new ObservedContext(plain, spans, innermost);
    return new ObservedContext(plain, spans, spans.derived(value as ReadableSpan, innermost));
  }

  deleteValue(key: symbol): Context {
    const plain = this.plain.deleteValue(key);
    return key === SPAN_KEY ? plain : new ObservedContext(plain, this.spans, this.innermost);
  }

  /** Returns the operation of the nearest span of this context or of its ancestors up to the call. */
  operation(): OperationSpan | null {
    for (let derived = this.innermost; derived !== null; derived = derived.outer) {
      const operation = operationOf(derived.span, this.spans.resource);
      if (operation !== null) return operation;
    }
    return null;
  }
}

interface DerivedSpan {
  readonly span: ReadableSpan;
  readonly outer: DerivedSpan | null;
  readonly depth: number;
}

/** Spans in the contexts derived from the context of one call. */
export class DerivedSpans {
  /** Open operations whose spans are not active during their requests, oldest first. */
  private inactive: OperationSpan[] = [];
  private ended = false;

  constructor(readonly resource: object | undefined) {}

  /** Adds a span that was put into a context. Never throws. */
  derived(span: ReadableSpan | undefined, outer: DerivedSpan | null): DerivedSpan | null {
    if (typeof span !== 'object') return outer;
    const operation = this.ended ? null : operationOf(span, this.resource);
    if (operation !== null && INACTIVE_OPERATIONS.has(operation.operation))
      this.addInactive(operation, outer);
    // Without a bound, work that schedules itself again and again in its own context would retain all its spans.
    return outer === null || outer.depth === MAX_DEPTH
      ? { span, outer: null, depth: 1 }
      : { span, outer, depth: outer.depth + 1 };
  }

  /**
   * Returns the operation that a request without an active operation belongs to: the oldest open one of its kind and
   * model that no other request belongs to, else the one of the request before.
   */
  inactiveOperation(kind: string, model: string | null, before: OperationSpan | null): OperationSpan | null {
    const matches = (one: OperationSpan): boolean =>
      one.operation === kind && one.isOpen && !one.hasInner && one.isFor(model);
    return (
      this.inactive.find((one) => !one.isClaimed && matches(one)) ??
      (before !== null && matches(before) ? before : null)
    );
  }

  /** Releases the spans. A context can outlive its call. */
  end(): void {
    this.ended = true;
    this.inactive = [];
  }

  private addInactive(operation: OperationSpan, outer: DerivedSpan | null): void {
    const around = outer && operationOf(outer.span, this.resource);
    if (around !== null) around.hasInner = true;
    if (this.inactive.includes(operation)) return;
    if (this.inactive.length >= MAX_INACTIVE) this.inactive = this.inactive.filter(({ isOpen }) => isOpen);
    if (this.inactive.length < MAX_INACTIVE) this.inactive.push(operation);
  }
}

/** Maximum number of spans between a request and the span of its operation. */
const MAX_DEPTH = 32;

/** Maximum number of open operations of a call whose spans are not active. Requests beyond keep their own usage. */
const MAX_INACTIVE = 256;

/** Key of the span in a context, which the API does not export. */
const SPAN_KEY = findSpanKey();

function findSpanKey(): symbol | null {
  let found: symbol | null = null;
  const probe: Context = {
    getValue: () => undefined,
    setValue(key) {
      found = key;
      return probe;
    },
    deleteValue: () => probe,
  };
  trace.setSpanContext(probe, { traceId: '', spanId: '', traceFlags: 0 });
  return found;
}
