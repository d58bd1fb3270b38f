import type { LlmErrorType, LlmTelemetry } from 'nestjs-llm-telemetry';
import type { FaultKind, ProviderEmulator } from 'nestjs-llm-telemetry/testing';

/** One row of the tables in docs/capture.md: a client of a model API, as an application creates and uses it. */
export interface Client {
  /** Name in the table. `{version}` is replaced by the major version of `package`. */
  readonly name: string;
  /** Installed package that the version is read from. */
  readonly package: string;
  /** Ways to send a request that the client has. Each returns what the application receives. */
  readonly ways: Readonly<Partial<Record<Way, Use>>>;
  /** Fault that the client repeats a request after. `null`: it has no retries. @defaultValue `rate_limit` */
  readonly repeats?: FaultKind | null;
  /** Seconds that the provider asks to wait. A client that reads only whole seconds would wait one. @defaultValue 0.001 */
  readonly retryAfter?: 0;
  /** Type of the recorded failure if the API key is invalid. @defaultValue `auth` */
  readonly authFailure?: LlmErrorType;
  /** Requests of one tool call: 2 if the client runs the tool and sends its result. @defaultValue 1 */
  readonly toolSteps?: 1 | 2;
  /** The client reads a stream to the end that the application leaves. */
  readonly drains?: true;
  /** The request is not captured, but reported in a warning. */
  readonly isMissed?: true;
}

export type Way = 'response' | 'stream' | 'leave' | 'tool' | 'embeddings';

/** Sends a request and returns what the application receives, as JSON can hold it. */
export type Use = (side: ClientSide) => Promise<unknown>;

/** Side that a scenario runs on: with or without telemetry. */
export interface ClientSide {
  readonly emulator: ProviderEmulator;
  /** `null` without telemetry. */
  readonly llm: LlmTelemetry | null;
  /** Retries that the client is configured with, if it has any. */
  readonly maxRetries: number;
  /** Runs when the scenario is over. */
  onEnd(work: () => unknown): void;
}

/** Prompt of every request. */
export const PROMPT = 'Say hello.';

/** Reads a stream to the end. */
export async function readAll<T>(stream: AsyncIterable<T> | PromiseLike<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of await stream) items.push(item);
  return items;
}

/** Reads the first item with text and leaves the stream. */
export async function leave<T>(
  stream: AsyncIterable<T> | PromiseLike<AsyncIterable<T>>,
  textOf: (item: T) => unknown,
): Promise<unknown> {
  for await (const item of await stream) {
    const text = textOf(item);
    if (text) return text;
  }
  throw new Error('The stream has no text.');
}
