/** What is laid on top of the bare SDK, step by step. Each variant is an application of its own in this process. */
export interface Variant {
  readonly name: string;
  /** A real OpenTelemetry SDK stands behind the spans. Without it the wire is read and the record made all the same. */
  readonly spans: boolean;
  /** A real OpenTelemetry SDK stands behind the metrics. */
  readonly metrics: boolean;
  /** The method that calls the model has `@LlmCall`. Without it the request is a call of its own. */
  readonly annotated: boolean;
}

/** The figures are held on the last one. */
export const VARIANTS: readonly Variant[] = [
  { name: 'tap', spans: false, metrics: false, annotated: false },
  { name: 'spans', spans: true, metrics: false, annotated: false },
  { name: 'everything', spans: true, metrics: true, annotated: true },
];
