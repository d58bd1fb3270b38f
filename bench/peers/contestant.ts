import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import type { SpanTemplate } from '../floor.js';
import type { Work } from '../work/work.js';
import type { Sdk } from './tasks.js';

/** What the process of a contestant gives its module. */
export interface Bench {
  /** Namespaces of the SDKs' modules. */
  readonly sdks: Readonly<Partial<Record<Sdk, Record<string, never>>>>;
  /** Processor of the global tracer provider, for contestants that create a provider. */
  readonly processor: SpanProcessor;
  /** Receives the attributes of spans that do not end in `processor`. */
  readonly onSpan: (attributes: Readonly<Record<string, unknown>>) => void;
}

/** How a contestant takes part in a call. Absent members change nothing. */
export interface Hooks {
  /** Returns the `fetch` of the clients. */
  readonly fetch?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch;
  readonly client?: <Client extends object>(client: Client) => Client;
  readonly clientOptions?: object;
  /**
   * Returns the method that calls the model.
   *
   * @param spans - spans of the library for this task, if the contestant copies them: of the call and of the attempt
   */
  readonly service?: (spans: readonly SpanTemplate[]) => { ask(work: Work): Promise<unknown> };
}

/** Export of a contestant's module. */
export type Start = (bench: Bench) => Hooks | Promise<Hooks>;

/** Requests to the process of a contestant, in order: `prepare` and `verify` a task, then `run` it. */
export type Request =
  | { readonly do: 'prepare'; readonly task: string; readonly spans: readonly SpanTemplate[] }
  | { readonly do: 'verify'; readonly task: string }
  | { readonly do: 'run'; readonly task: string; readonly calls: number }
  | { readonly do: 'count' };

/** Responses, by request. */
export interface Responses {
  readonly prepare: null;
  /** Spans of one call with cached tokens. */
  readonly verify: { readonly spans: readonly SpanTemplate[] };
  /** Time of a call. */
  readonly run: { readonly us: number };
  /** Spans since the last `count`. */
  readonly count: { readonly spans: number };
}
