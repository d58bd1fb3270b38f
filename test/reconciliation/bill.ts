import type { AttemptRecord, Usage } from 'nestjs-llm-telemetry';
import type { BilledUnits, LedgerEntry } from 'nestjs-llm-telemetry/testing';

/** Price of a model: of tokens in USD per million tokens, of units in USD. `null`: the library has no price. */
interface Price {
  readonly input: number;
  /** @defaultValue the price of the input */
  readonly cached?: number | null;
  /** @defaultValue the price of the input */
  readonly written?: number | null;
  readonly output?: number;
  /** @defaultValue the price of the input */
  readonly audioInput?: number;
  /** @defaultValue the price of the output */
  readonly audioOutput?: number;
  readonly units?: Partial<BilledUnits>;
}

/**
 * From the providers' price lists (November 2026). `null`: the price table has no such model, or no price for its units. The
 * prices of Mistral are those of the price table, because its list could not be read.
 */
const PRICES: Readonly<Record<string, Price | null>> = {
  'gpt-4o-2024-08-06': { input: 2.5, cached: 1.25, output: 10 },
  'gpt-4o-mini-2024-07-18': { input: 0.15, cached: 0.075, output: 0.6 },
  'gpt-5-mini-2025-08-07': { input: 0.25, cached: 0.025, output: 2 },
  'o3-mini': { input: 1.1, cached: 0.55, output: 4.4 },
  'o4-mini-2025-04-16': { input: 1.1, cached: 0.275, output: 4.4 },
  'openai/gpt-4.1-mini': { input: 0.4, cached: 0.1, output: 1.6 },
  'openai/text-embedding-3-small': { input: 0.02 },
  'openai/gpt-image-1': { input: 5, output: 40 },
  'cohere/rerank-v3.5': null,
  'gpt-3.5-turbo-instruct': { input: 1.5, output: 2 },
  'text-embedding-3-small': { input: 0.02 },
  'gpt-image-1': { input: 5, output: 40 },
  'dall-e-2': null,
  'whisper-1': { input: 0, units: { audioSeconds: 0.0001 } },
  'gpt-4o-transcribe': { input: 2.5, audioInput: 6, output: 10 },
  'gpt-realtime': { input: 4, output: 16, audioInput: 32, audioOutput: 64 },
  'tts-1': null,
  'gpt-4o-mini-tts': { input: 0.6, output: 12 },
  'sora-2': null,
  'claude-haiku-4-5-20251001': { input: 1, cached: 0.1, written: 1.25, output: 5 },
  'claude-sonnet-4-6': { input: 3, cached: 0.3, written: 3.75, output: 15 },
  'claude-3-5-sonnet-20241022': { input: 3, output: 15 },
  'gemini-2.5-flash': { input: 0.3, cached: 0.03, output: 2.5 },
  'gemini-2.5-pro': { input: 1.25, cached: 0.125, output: 10 },
  'gemini-embedding-001': { input: 0.15 },
  'text-embedding-005': null,
  'imagen-4.0-generate-001': null,
  'us.amazon.nova-lite-v1:0': { input: 0.06, cached: 0.015, written: null, output: 0.24 },
  'meta.llama3-1-8b-instruct-v1:0': { input: 0.22, output: 0.22 },
  'amazon.titan-embed-text-v1': { input: 0.1 },
  'command-a-03-2025': { input: 2.5, output: 10 },
  'command-r-08-2024': { input: 0.15, output: 0.6 },
  'embed-v4.0': { input: 0.12 },
  'rerank-v3.5': null,
  'voyage-3.5': null,
  'rerank-2.5': null,
  'jina-embeddings-v3': null,
  'jina-reranker-v2': null,
  'mistral-medium-latest': { input: 1.5, output: 7.5 },
  'codestral-latest': { input: 0.3, output: 0.9 },
  'mistral-ocr-latest': { input: 0, units: { pages: 0.004, annotatedPages: 0.005 } },
  'llama3.2': null,
  'all-minilm': null,
  'nomic-embed-text': null,
  '@cf/google/gemma-3-12b-it': { input: 0.345, output: 0.556 },
  '@cf/black-forest-labs/flux-1-schnell': null,
  '@cf/stabilityai/stable-diffusion-xl-base-1.0': null,
  '@cf/openai/whisper-large-v3-turbo': null,
  '@cf/deepgram/aura-1': null,
  '@cf/myshell-ai/melotts': null,
  'mistral-large2': null,
  'snowflake-arctic-embed-m': null,
  'qwen-plus': null,
  'text-embedding-v4': null,
  'multimodal-embedding-v1': null,
  'gte-rerank-v2': null,
};

/** Price factors of the service tiers of gpt-5-mini and of all batches, in tenths. */
const TIERS: Readonly<Record<string, bigint>> = { default: 10n, flex: 5n, priority: 18n, batch: 5n };

/** $10 per 1,000 web searches. */
const SEARCH = 10_000_000_000n;

/** Returns the cost of a line of the bill in units of 10⁻¹² USD; `null` without a price. */
export function unitsOfLine(line: LedgerEntry): bigint | null {
  const price = PRICES[line.model];
  const tenths = TIERS[line.serviceTier ?? 'default'];
  if (price === undefined || tenths === undefined)
    throw new Error(`The price list has no ${line.model} with ${line.serviceTier}.`);
  if (price === null) return null;
  const { input, cached = input, written = input, output = 0, units = {} } = price;
  const { audioInput = input, audioOutput = output } = price;
  const { cachedInputTokens, cacheWriteTokens, inputTokens, outputTokens } = line;
  const { audioInputTokens, audioOutputTokens } = line;
  const parts: ReadonlyArray<readonly [count: number, usdPerMillion: number | null]> = [
    [inputTokens - cachedInputTokens - cacheWriteTokens - audioInputTokens, input],
    [audioInputTokens, audioInput],
    [cachedInputTokens, cached],
    [cacheWriteTokens, written],
    [outputTokens - audioOutputTokens, output],
    [audioOutputTokens, audioOutput],
    ...UNITS.map((unit) => [line[unit], (units[unit] ?? 0) * 1e6] as const),
  ];
  let tokens = 0n;
  for (const [count, usdPerMillion] of parts) {
    if (count === 0) continue;
    if (usdPerMillion === null) return null;
    tokens += BigInt(count) * BigInt(Math.round(usdPerMillion * 1e6));
  }
  return (tokens * tenths) / 10n + BigInt(line.webSearches) * SEARCH;
}

/** Units that a usage has. It has no images, which the library does not count. */
const UNITS = [
  'audioSeconds',
  'videoSeconds',
  'spokenCharacters',
  'pages',
  'annotatedPages',
  'searchUnits',
] as const satisfies ReadonlyArray<keyof BilledUnits & keyof Usage>;

/** Returns the recorded usage of an attempt with the names of the bill. */
export function countsOfAttempt({ usage }: AttemptRecord): object {
  return {
    input: usage!.inputTokens,
    cached: usage!.cachedInputTokens,
    written: usage!.cacheWriteTokens5m,
    output: usage!.outputTokens,
    reasoning: usage!.reasoningTokens,
    audioInput: usage!.audioInputTokens,
    audioOutput: usage!.audioOutputTokens,
    searches: usage!.webSearchRequests,
    ...pick(usage!),
  };
}

export function countsOfLine(line: LedgerEntry): object {
  return {
    input: line.inputTokens,
    cached: line.cachedInputTokens,
    written: line.cacheWriteTokens,
    output: line.outputTokens,
    reasoning: line.reasoningTokens,
    audioInput: line.audioInputTokens,
    audioOutput: line.audioOutputTokens,
    searches: line.webSearches,
    ...pick(line),
  };
}

function pick(counts: Pick<BilledUnits, (typeof UNITS)[number]>): object {
  return Object.fromEntries(UNITS.map((unit) => [unit, counts[unit]]));
}
