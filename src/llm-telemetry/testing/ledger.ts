import { audioPartOf, NO_UNITS, type BilledUnits, type GeneratedResponse } from './model/emulated-api.js';
import { Latest } from './model/latest.js';

/** Usage that a provider would bill for one request. @publicApi */
export interface LedgerEntry extends BilledUnits {
  readonly requestId: string;
  /** Id of the response; `null` if the request was rejected. */
  readonly responseId: string | null;
  readonly provider: string;
  /** The model that responded. */
  readonly model: string;
  readonly stream: boolean;
  /** HTTP status; 101 for a response over a WebSocket. */
  readonly status: number;
  /** All input tokens, including cached ones and those of all `iterations`. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  /** Generated tokens, including all `iterations`; of an interrupted stream, those before the interruption. */
  readonly outputTokens: number;
  /** Reasoning tokens, a part of the output tokens. */
  readonly reasoningTokens: number;
  /** Input tokens of audio, a part of the input tokens. */
  readonly audioInputTokens: number;
  /** Output tokens of speech, a part of the output tokens. */
  readonly audioOutputTokens: number;
  readonly webSearches: number;
  /** Service tier that answered, `batch` for an item of a batch; `null` if the API has none. */
  readonly serviceTier: string | null;
  /** Usage per iteration (Anthropic beta); empty for a plain response. */
  readonly iterations: readonly LedgerIteration[];
  /** Cost reported in the usage, or `null`. */
  readonly proxyCostUsd: number | null;
  /** Finish reason, fault, or `left` if the client disconnected. */
  readonly finish: string;
  /** False if the request was rejected or failed, or if no headers were sent. */
  readonly billed: boolean;
  /** True if the whole response was sent. */
  readonly completed: boolean;
  /** Retry count sent by the SDK (`x-stainless-retry-count`, `amz-sdk-request`), or 0. */
  readonly retryCount: number;
}

/** Usage of one iteration of a response. @publicApi */
export interface LedgerIteration {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Fields of all entries, with or without a response. */
type Outcome = Pick<LedgerEntry, 'requestId' | 'provider' | 'stream' | 'status' | 'finish' | 'retryCount'>;

/** Builds the entry of a rejected request. */
export function entryOfRejection(outcome: Outcome & { readonly model: string }): LedgerEntry {
  return {
    ...outcome,
    responseId: null,
    inputTokens: 0,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    audioInputTokens: 0,
    audioOutputTokens: 0,
    ...NO_UNITS,
    webSearches: 0,
    serviceTier: null,
    iterations: [],
    proxyCostUsd: null,
    billed: false,
    completed: false,
  };
}

/** Builds the entry of a response. `outputTokens`: tokens sent by the responding model. */
export function entryOfResponse(
  generated: GeneratedResponse,
  { outputTokens, ...outcome }: Outcome & { readonly outputTokens: number; readonly completed: boolean },
): LedgerEntry {
  const { request, steps, finish } = generated;
  const sum = (of: 'inputTokens' | 'outputTokens'): number => steps.reduce((all, step) => all + step[of], 0);
  const byOthers = steps.length === 0 ? 0 : sum('outputTokens') - generated.outputTokens;
  return {
    ...outcome,
    responseId: generated.id,
    model: generated.model,
    inputTokens: finish === 'failed' ? 0 : steps.length === 0 ? request.inputTokens : sum('inputTokens'),
    cachedInputTokens: generated.cachedInputTokens,
    cacheWriteTokens: generated.cacheWriteTokens,
    outputTokens: outputTokens + byOthers,
    reasoningTokens: generated.reasoningTokens,
    audioInputTokens: request.audioInputTokens,
    audioOutputTokens: generated.audioOutputTokens === 0 ? 0 : audioPartOf(outputTokens),
    ...NO_UNITS,
    ...request.units,
    webSearches: generated.webSearches,
    serviceTier: request.serviceTier,
    iterations: steps.map((step) => ({
      model: step.model,
      inputTokens: step.inputTokens,
      outputTokens: step.outputTokens,
    })),
    proxyCostUsd: generated.proxyCostUsd,
    billed: outcome.status !== 0 && finish !== 'failed',
  };
}

/** Billed usage of each request, by request id. Keeps the latest 100,000. @publicApi */
export class Ledger {
  private readonly byRequestId = new Latest<LedgerEntry>(100_000);

  entries(): readonly LedgerEntry[] {
    return this.byRequestId.all();
  }

  find(requestId: string): LedgerEntry | undefined {
    return this.byRequestId.find(requestId);
  }

  add(entry: LedgerEntry): void {
    this.byRequestId.add(entry.requestId, entry);
  }

  clear(): void {
    this.byRequestId.clear();
  }
}
