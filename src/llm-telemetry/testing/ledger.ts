/** What a provider would put on the bill for one request. @publicApi */
export interface LedgerEntry {
  readonly requestId: string;
  /** The id of the answer; `null` where the request was refused. */
  readonly responseId: string | null;
  readonly provider: string;
  /** The model that answered. */
  readonly model: string;
  readonly stream: boolean;
  readonly status: number;
  /** All input tokens, cached ones included. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  /** Tokens generated; of a stream that was left or cut, those until then. */
  readonly outputTokens: number;
  /** How it ended, in the provider's word, or the fault. */
  readonly finish: string;
  /** False where it was refused before there was an answer. */
  readonly billed: boolean;
  /** True where the whole answer was sent. */
  readonly completed: boolean;
  /** The SDK's count (`x-stainless-retry-count`); 0 where it sent none. */
  readonly retryCount: number;
}

/** The bill: what each request cost in tokens, by request id. Keeps the latest 100,000. @publicApi */
export class Ledger {
  private readonly byRequestId = new Map<string, LedgerEntry>();

  entries(): readonly LedgerEntry[] {
    return [...this.byRequestId.values()];
  }

  find(requestId: string): LedgerEntry | undefined {
    return this.byRequestId.get(requestId);
  }

  add(entry: LedgerEntry): void {
    this.byRequestId.set(entry.requestId, entry);
    if (this.byRequestId.size > KEPT) this.byRequestId.delete(this.byRequestId.keys().next().value!);
  }

  clear(): void {
    this.byRequestId.clear();
  }
}

const KEPT = 100_000;
