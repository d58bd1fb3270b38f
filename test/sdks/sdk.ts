import type { FaultSpec, ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import type { Expected } from './expected.js';

/** The wire format that a column speaks. */
export type Api = 'chat' | 'responses' | 'messages';

/** A column of the table: an SDK, and what it does for each way to ask. */
export interface Sdk<Way extends string, Scenario extends string> {
  readonly name: string;
  readonly api: Api;
  /** What it does for each way to ask a model. */
  readonly ways: Readonly<Record<Way, Use | NotApplicable>>;
  /** Where it does otherwise than the other SDKs do. */
  readonly exceptions?: Readonly<Partial<Record<Scenario, Exception>>>;
}

/** Does what the scenario says and gives back, or throws, what an application would have of it. */
export type Use = (side: Side) => unknown;

export interface NotApplicable {
  readonly notApplicable: string;
}

export interface Exception extends Partial<Conditions> {
  readonly because: string;
  readonly expected?: Partial<Expected>;
}

/** What a scenario needs besides the question. */
export interface Conditions {
  /** What the provider does to the first requests, in this order. */
  readonly faults: readonly FaultSpec[];
  /** The SDK's. Default 0. */
  readonly maxRetries: number;
  readonly timeoutMs: number;
  /** Nobody is going to read what is left: the record comes with `flush()`. */
  readonly flush: true;
  /** Nobody closes the connection but the provider, which writes its bill then. */
  readonly staysOpen: true;
  /** The method has ended when the SDK comes to send something: a call of its own, of the same name. */
  readonly sentAfterwards: true;
}

/** One of the two sides that a cell is run on: with telemetry, or without. */
export interface Side {
  readonly emulator: ProviderEmulator;
  /** `undefined` with telemetry: there the SDK finds its `fetch` as in any application. */
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly maxRetries: number;
  readonly timeoutMs: number | undefined;
  /** Resolves when the provider has the first request. */
  readonly received: Promise<void>;
}

export function isNotApplicable(value: object): value is NotApplicable {
  return 'notApplicable' in value;
}
