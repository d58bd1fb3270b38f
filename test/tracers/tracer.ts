import type { TracerProvider } from '@opentelemetry/api';
import type { ProviderEmulator } from 'nestjs-llm-telemetry/testing';

/** Work of an application, run as one call each. A library that does not offer one leaves it out. */
export interface Scenarios {
  readonly chat: () => Promise<unknown>;
  /** A stream that reports its usage. */
  readonly stream?: () => Promise<unknown>;
  /** A stream that does not report its usage, so that it is estimated. */
  readonly streamWithoutUsage?: () => Promise<unknown>;
  readonly responses?: () => Promise<unknown>;
  readonly embeddings?: () => Promise<unknown>;
  /** Embeddings that take several requests at the same time. */
  readonly manyEmbeddings?: () => Promise<unknown>;
  /** Two requests after each other, by an agent if the library has agents. */
  readonly twoSteps: () => Promise<unknown>;
}

/** A library that creates spans of model requests, with the client that it traces. */
export interface Tracer {
  readonly name: string;
  /** Instrumentation scope of its spans. */
  readonly scope: string;
  /** Starts tracing. */
  start(emulator: ProviderEmulator, provider: TracerProvider): Promise<Scenarios> | Scenarios;
  /** Stops tracing, if that takes more than dropping the client. */
  stop?(): void;
  /** Scenarios that its client does not offer. */
  readonly lacks: ReadonlySet<keyof Scenarios>;
  /** Scenarios that the library does not trace, or whose spans cannot be read: the spans of this library carry the usage. */
  readonly ours?: ReadonlySet<keyof Scenarios>;
}

export const OPENAI_MODEL = 'gpt-4o-mini';
export const EMBEDDING_MODEL = 'text-embedding-3-small';

export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

/** Prompt of every scenario. */
export const HELLO = 'Say hello.';

export function user(content: string): { role: 'user'; content: string } {
  return { role: 'user', content };
}
