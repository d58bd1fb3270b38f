import type { Answer } from './providers/provider.js';

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
  /** All input tokens, cached ones and those of all `iterations` included. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  /** Tokens generated, those of all `iterations` included; of a stream that was left or cut, those until then. */
  readonly outputTokens: number;
  /** The part of the whole output that the model thought. */
  readonly reasoningTokens: number;
  /** Audio that is billed by its length. */
  readonly audioSeconds: number;
  readonly webSearches: number;
  /** The parts of several models (Anthropic beta); empty where one did it all. */
  readonly iterations: readonly LedgerIteration[];
  /** What the usage said that it cost; `null`: nothing. */
  readonly proxyCostUsd: number | null;
  /** How it ended, in the provider's word, or the fault. */
  readonly finish: string;
  /** False where it was refused before there was an answer. */
  readonly billed: boolean;
  /** True where the whole answer was sent. */
  readonly completed: boolean;
  /** The SDK's count (`x-stainless-retry-count`); 0 where it sent none. */
  readonly retryCount: number;
}

/** One model's part of an answer. @publicApi */
export interface LedgerIteration {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What is on the bill whether there was an answer or not. */
type Outcome = Pick<LedgerEntry, 'requestId' | 'provider' | 'stream' | 'status' | 'finish' | 'retryCount'>;

/** The line for a request that was refused before there was an answer. */
export function lineOfRefusal(outcome: Outcome & { readonly model: string }): LedgerEntry {
  return {
    ...outcome,
    responseId: null,
    inputTokens: 0,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    audioSeconds: 0,
    webSearches: 0,
    iterations: [],
    proxyCostUsd: null,
    billed: false,
    completed: false,
  };
}

/** The line for an answer. `outputTokens`: those that were sent, of the model that speaks. */
export function lineOfAnswer(
  answer: Answer,
  { outputTokens, ...outcome }: Outcome & { readonly outputTokens: number; readonly completed: boolean },
): LedgerEntry {
  const { request, steps, finish } = answer;
  const sum = (of: 'inputTokens' | 'outputTokens'): number => steps.reduce((all, step) => all + step[of], 0);
  const byOthers = steps.length === 0 ? 0 : sum('outputTokens') - answer.outputTokens;
  return {
    ...outcome,
    responseId: answer.id,
    model: answer.model,
    inputTokens: finish === 'failed' ? 0 : steps.length === 0 ? request.inputTokens : sum('inputTokens'),
    cachedInputTokens: answer.cachedInputTokens,
    cacheWriteTokens: answer.cacheWriteTokens,
    outputTokens: outputTokens + byOthers,
    reasoningTokens: answer.reasoningTokens,
    audioSeconds: request.audioSeconds,
    webSearches: answer.webSearches,
    iterations: steps.map((step) => ({
      model: step.model,
      inputTokens: step.inputTokens,
      outputTokens: step.outputTokens,
    })),
    proxyCostUsd: answer.proxyCostUsd,
    billed: outcome.status !== 0 && finish !== 'failed',
  };
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
