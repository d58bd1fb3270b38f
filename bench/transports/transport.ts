/** How requests get their answers, below everything that is measured. */
export interface Transport {
  readonly name: 'memory' | 'http';
  readonly fetch: typeof globalThis.fetch;
  /** Scheme, host and port, without a path. */
  readonly origin: string;
  stop(): void;
}
