import type { Span } from '@opentelemetry/api';
import type { BilledUsage } from '../../calls/ports.js';
import { sumUsd } from '../../units/usd.js';
import { GEN_AI, SCOPE, type Semconv } from '../attributes.js';
import { OPERATION_MARKS, type OperationMark } from './operation-names.js';
import { COST_ATTRIBUTE, setUsageAttributes } from './span-attributes.js';

/**
 * Properties of spans of the OpenTelemetry SDK (`ReadableSpan`) that the API does not have. Spans of other
 * implementations lack them and are not recognized.
 */
export interface ReadableSpan extends Span {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly instrumentationScope?: { readonly name: string };
  /** The name of `instrumentationScope` in version 1 of the SDK. */
  readonly instrumentationLibrary?: { readonly name: string };
  /** The same object for all spans of a tracer provider. */
  readonly resource?: object;
}

/**
 * Span of another library that stands for one operation of a provider, such as `chat gpt-4o` of the AI SDK. It gets the
 * usage and the cost of the requests under it, because exactly one span per operation carries them.
 */
export class OperationSpan {
  /** An operation with a span of its own was started inside this one. */
  hasInner = false;
  /** An attempt belongs to this span. */
  isClaimed = false;
  private readonly tokens = new Map<string, number>();
  private readonly costs: number[] = [];
  private hasUnknownCost = false;

  constructor(
    readonly span: ReadableSpan,
    /** In words of `gen_ai.operation.name`. */
    readonly operation: string,
    private readonly mark: OperationMark,
  ) {}

  get isOpen(): boolean {
    return this.span.isRecording();
  }

  /** Returns whether a request for `model` can belong to this operation. */
  isFor(model: string | null): boolean {
    const requested = this.span.attributes?.[GEN_AI.REQUEST_MODEL];
    return model === null || requested === undefined || requested === model;
  }

  /** Adds the usage of an attempt, and sets the sums. Does nothing if the span has ended. */
  add({ usage, cost }: BilledUsage, semconv: Semconv): void {
    const { span, tokens } = this;
    if (!span.isRecording() || usage.source === 'missing') return;
    // The library's own counts are better than an estimate.
    if (usage.source === 'provider' || tokens.size > 0 || !this.hasUsage) {
      setUsageAttributes(this, usage, semconv);
      for (const [name, count] of tokens) span.setAttribute(name, count);
    }
    if (cost.source === 'unknown') this.hasUnknownCost = true;
    else this.addCost(cost.costUsd);
  }

  /** Sums a token count. */
  setAttribute(name: string, count: number): void {
    this.tokens.set(name, (this.tokens.get(name) ?? 0) + count);
  }

  /** Returns whether the span has the usage, written by either library. */
  get hasUsage(): boolean {
    const { attributes } = this.span;
    return attributes !== undefined && this.mark.usage.some((name) => attributes[name] !== undefined);
  }

  /** A sum without the cost of one attempt would read as the total. A cost by the library itself stays. */
  private addCost(costUsd: number): void {
    const { costs, span } = this;
    if (this.hasUnknownCost || (costs.length === 0 && span.attributes?.[COST_ATTRIBUTE] !== undefined))
      return;
    costs.push(costUsd);
    span.setAttribute(COST_ATTRIBUTE, sumUsd(costs));
  }
}

/** Requests of one operation can belong to different calls, so the spans are those of the process. */
const known = new WeakMap<Span, OperationSpan>();

/**
 * Returns the operation that a span of another library stands for; `null` if it stands for none.
 *
 * @param resource - of the call's span. A span with another resource belongs to another tracer provider, whose backend
 *   does not receive the spans of this library.
 */
export function operationOf(span: ReadableSpan, resource: object | undefined): OperationSpan | null {
  const { attributes, instrumentationScope = span.instrumentationLibrary } = span;
  if (attributes === undefined || instrumentationScope?.name === SCOPE) return null;
  if (resource !== undefined && span.resource !== undefined && span.resource !== resource) return null;
  const found = known.get(span);
  if (found !== undefined) return found;
  for (const mark of OPERATION_MARKS) {
    const value = attributes[mark.attribute];
    if (typeof value !== 'string' || !Object.hasOwn(mark.operations, value)) continue;
    const operation = new OperationSpan(span, mark.operations[value]!, mark);
    known.set(span, operation);
    return operation;
  }
  return null;
}
