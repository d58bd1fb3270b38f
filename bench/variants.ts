/** Layers on top of the bare SDK. Each variant is an application in a process of its own. */
export interface Variant {
  readonly name: string;
  /** Records spans in a real OpenTelemetry SDK. Without it, responses are still read and records are created. */
  readonly spans: boolean;
  /** Records metrics in a real OpenTelemetry SDK. */
  readonly metrics: boolean;
  /** Annotates the method that calls the model with `@LlmCall`. Without it, each request is a separate call. */
  readonly annotated: boolean;
}

/** The limits apply to the last variant. */
export const VARIANTS: readonly Variant[] = [
  { name: 'tap', spans: false, metrics: false, annotated: false },
  { name: 'spans', spans: true, metrics: false, annotated: false },
  { name: 'everything', spans: true, metrics: true, annotated: true },
];

/** Names of the runners that have no application. */
export const BARE = 'bare';
export const BARE_SPANS = 'bare spans';
export const FLOOR = 'floor';
