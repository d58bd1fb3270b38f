/** Sends requests and returns responses, below all measured code. */
export interface Transport {
  readonly name: 'memory' | 'http';
  readonly fetch: typeof globalThis.fetch;
  /** Scheme, host and port, without a path. */
  readonly origin: string;
  stop(): void;
}
