import type { FaultSpec, ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import type { Expected } from './expected.js';

/** Wire format of a column. */
export type Api = 'chat' | 'responses' | 'messages';

/** Column of the table: an SDK with an implementation of each way to send a request. */
export interface Sdk<Way extends string, Scenario extends string> {
  readonly name: string;
  readonly api: Api;
  /** Implementations of the ways to send a request. */
  readonly ways: Readonly<Record<Way, Use | NotApplicable>>;
  /** Differences from the other SDKs. */
  readonly exceptions?: Readonly<Partial<Record<Scenario, Exception>>>;
}

/** Runs a scenario and returns the result, or throws the error, that an application receives. */
export type Use = (side: Side) => unknown;

export interface NotApplicable {
  readonly notApplicable: string;
}

export interface Exception extends Partial<Conditions> {
  readonly because: string;
  readonly expected?: Partial<Expected>;
}

/** Conditions of a scenario besides the prompt. */
export interface Conditions {
  /** Faults of the provider for the first requests, in this order. */
  readonly faults: readonly FaultSpec[];
  /** Maximum retries of the SDK. Default 0. */
  readonly maxRetries: number;
  readonly timeoutMs: number;
  /** The rest of the response is never read, so the record is created by `flush()`. */
  readonly flush: true;
  /** The connection stays open until the provider closes it, which then writes the bill. */
  readonly staysOpen: true;
  /** The SDK sends the request after the method has ended: it becomes a separate call with the same name. */
  readonly sentAfterwards: true;
}

/** Side that a cell runs on: with or without telemetry. */
export interface Side {
  readonly emulator: ProviderEmulator;
  /** `undefined` with telemetry, so that the SDK uses the global `fetch`. */
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly maxRetries: number;
  readonly timeoutMs: number | undefined;
  /** Resolves when the provider has received the first request. */
  readonly received: Promise<void>;
}

export function isNotApplicable(value: object): value is NotApplicable {
  return 'notApplicable' in value;
}
