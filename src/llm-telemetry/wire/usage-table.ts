/** Row of `USAGE_PARTS`: a quantity that providers report, and everything derived from it. */
export interface UsagePart {
  /** Total that the part belongs to. `null`: it is billed in addition to tokens. */
  readonly of: 'input' | 'output' | null;
  /**
   * - `total`: all tokens of the input or of the output.
   * - `part`: tokens of the total with a separate price. No token is in two parts.
   * - `share`: tokens of the total that are charged at the price of the part that contains them.
   * - `seconds`, `uses`: not tokens.
   */
  readonly kind: 'total' | 'part' | 'share' | 'seconds' | 'uses';
  /** The count is `null` if the provider did not report the total. */
  readonly nullable?: true;
  /** Row after which this part is clamped. Excess over the total reduces the last parts. Default: table order. */
  readonly clampAfter?: string;
  /** Name of the price in `ModelPrices`, with its keys in `@pydantic/genai-prices`: the first key found applies. */
  readonly price?: Readonly<Record<string, readonly string[]>>;
  /**
   * Attribute of `chat` spans. Parts that share this object are summed. Omitted for 0 unless `ifZero` is set.
   * `olderName`: name in version 1.41 of the conventions.
   */
  readonly attribute?: { readonly name: string; readonly olderName?: string; readonly ifZero?: true };
  /** Attribute of `llm.*` spans. Parts with the same name are summed. Omitted for `null`. */
  readonly callAttribute?: string;
  /** Counter `gen_ai.client.inference.usage.<name>`. Parts that share this object are summed. */
  readonly counter?: { readonly name: string; readonly description: string };
  /** Modality of the part in the counter of its total (`gen_ai.token.modality`). */
  readonly modality?: string;
  /** Name in `Measures`, if rollups sum the part. Parts with the same name are summed. */
  readonly measure?: string;
  /** Label of the row in the dashboard's receipt. */
  readonly label: string;
}

/** Cache writes of different lifetimes differ only in price. */
const CACHE_WRITE = {
  attribute: {
    name: 'gen_ai.usage.cache_write.input_tokens',
    // Renamed after version 1.41: https://github.com/open-telemetry/semantic-conventions-genai, pull request 440.
    olderName: 'gen_ai.usage.cache_creation.input_tokens',
  },
  counter: {
    name: 'cache_write.input_tokens',
    description: "Input tokens that were written to the provider's cache.",
  },
  measure: 'cacheWriteTokens',
} as const;

/** Parts of the input that were read from a cache differ in price by their modality. */
const CACHE_READ = {
  attribute: { name: 'gen_ai.usage.cache_read.input_tokens', ifZero: true },
  callAttribute: 'llm.cached_tokens',
  counter: {
    name: 'cache_read.input_tokens',
    description: "Input tokens that came from the provider's cache.",
  },
  measure: 'cachedInputTokens',
} as const;

/**
 * Table of usage parts. Types, drafts, sums, clamping, stored records, prices, receipts, attributes, metrics and the
 * rows of the dashboard are derived from it, so a new kind of token needs one row here (and the wire formats that read
 * it). Add rows at the end: new parts are stored in table order.
 *
 * The comment of a row documents the field of `Usage`; the comment of its price documents the field of `ModelPrices`.
 */
export const USAGE_PARTS = {
  /** All input tokens, including tokens read from and written to a cache. */
  inputTokens: {
    of: 'input',
    kind: 'total',
    price: {
      /** Omitted for models that are billed by time. */
      input: ['input_mtok'],
    },
    attribute: { name: 'gen_ai.usage.input_tokens', ifZero: true },
    callAttribute: 'llm.prompt_tokens',
    counter: { name: 'input_tokens', description: 'Input tokens used, cached ones included.' },
    measure: 'inputTokens',
    label: 'Input',
  },
  /** Part of the input read from the provider's prompt cache; `null` if the provider did not report the input. */
  cachedInputTokens: {
    of: 'input',
    kind: 'part',
    nullable: true,
    price: { cachedInput: ['cache_read_mtok'] },
    ...CACHE_READ,
    label: 'Input from cache',
  },
  /** Part of the input that was written to a cache kept for five minutes (or for the provider's default lifetime). */
  cacheWriteTokens5m: {
    of: 'input',
    kind: 'part',
    // Formats compute it as all writes minus the other lifetimes.
    clampAfter: 'cacheWriteTokens12h',
    price: {
      /** Writes to a cache kept for five minutes, or for the provider's default lifetime. */
      cacheWrite5m: ['cache_write_mtok'],
    },
    ...CACHE_WRITE,
    label: 'Cache write',
  },
  /** Part of the input that was written to a cache kept for one hour. */
  cacheWriteTokens1h: {
    of: 'input',
    kind: 'part',
    price: { cacheWrite1h: ['cache_write_1h_mtok'] },
    ...CACHE_WRITE,
    label: 'Cache write, 1 hour',
  },
  /** Part of the input that was written to a cache kept for twelve hours. */
  cacheWriteTokens12h: {
    of: 'input',
    kind: 'part',
    price: {
      /** OpenAI's longer cache lifetime. Its default lifetime of thirty minutes is charged as `cacheWrite5m`. */
      cacheWrite12h: [],
    },
    ...CACHE_WRITE,
    label: 'Cache write, 12 hours',
  },
  /** Part of the input that was audio. */
  audioInputTokens: {
    of: 'input',
    kind: 'part',
    price: { audioInput: ['input_audio_mtok'] },
    modality: 'audio',
    label: 'Audio input',
  },
  /** Part of the input that was images; 0 if the provider does not report it. */
  imageInputTokens: {
    of: 'input',
    kind: 'part',
    price: { imageInput: ['input_image_mtok'] },
    modality: 'image',
    label: 'Image input',
  },
  /** All output tokens, including reasoning. */
  outputTokens: {
    of: 'output',
    kind: 'total',
    price: {
      /** Omitted for models without output tokens, such as embeddings. */
      output: ['output_mtok'],
    },
    attribute: { name: 'gen_ai.usage.output_tokens', ifZero: true },
    callAttribute: 'llm.completion_tokens',
    counter: { name: 'output_tokens', description: 'Output tokens used, reasoning included.' },
    measure: 'outputTokens',
    label: 'Output',
  },
  /** Part of the output that was reasoning ("thinking"); `null` if the provider did not report the output. */
  reasoningTokens: {
    of: 'output',
    kind: 'share',
    nullable: true,
    attribute: { name: 'gen_ai.usage.reasoning.output_tokens' },
    callAttribute: 'llm.reasoning_tokens',
    counter: { name: 'reasoning.output_tokens', description: 'Output tokens that were reasoning.' },
    measure: 'reasoningTokens',
    label: 'of which reasoning',
  },
  /** Part of the output that was audio. */
  audioOutputTokens: {
    of: 'output',
    kind: 'part',
    price: { audioOutput: ['output_audio_mtok'] },
    modality: 'audio',
    label: 'Audio output',
  },
  /** Part of the output that was images. */
  imageOutputTokens: {
    of: 'output',
    kind: 'part',
    price: { imageOutput: ['output_image_mtok'] },
    modality: 'image',
    label: 'Image output',
  },
  /** Seconds of audio that is billed by its length instead of by tokens. */
  audioSeconds: {
    of: null,
    kind: 'seconds',
    price: {
      /** USD per hour of audio. */
      audioTime: ['audio_hours', 'input_audio_hours'],
    },
    label: 'Audio',
  },
  /** Number of web searches that the provider ran and bills. */
  webSearchRequests: {
    of: null,
    kind: 'uses',
    price: {
      /** USD per thousand searches. */
      webSearch: ['web_searches_kcount'],
    },
    label: 'Web searches',
  },
  /** Billed search units of a rerank, or of a chat that searched its documents (Cohere). */
  searchUnits: {
    of: null,
    kind: 'uses',
    price: {
      /** USD per thousand search units. */
      searchUnit: ['rerank_searches_kcount'],
    },
    label: 'Search units',
  },
  /** Pages of documents, billed instead of tokens. */
  pages: {
    of: null,
    kind: 'uses',
    price: {
      /** USD per thousand pages. */
      page: ['input_document_kpages'],
    },
    label: 'Pages',
  },
  /** Pages of documents with annotations, billed instead of `pages`. */
  annotatedPages: {
    of: null,
    kind: 'uses',
    price: {
      /** USD per thousand annotated pages. */
      annotatedPage: ['input_annotated_document_kpages'],
    },
    label: 'Annotated pages',
  },
  /** Characters of text that is spoken, billed instead of tokens. */
  spokenCharacters: {
    of: null,
    kind: 'uses',
    price: {
      /** USD per thousand characters. */
      spokenCharacter: [],
    },
    label: 'Spoken characters',
  },
  /** Seconds of generated video, billed instead of tokens. */
  videoSeconds: {
    of: null,
    kind: 'uses',
    price: {
      /** USD per thousand seconds. */
      videoSecond: [],
    },
    label: 'Video seconds',
  },
  /** Part of the input read from a cache that was audio, not part of `cachedInputTokens`. */
  cachedAudioInputTokens: {
    of: 'input',
    kind: 'part',
    price: { cachedAudioInput: ['cache_audio_read_mtok'] },
    ...CACHE_READ,
    label: 'Audio input from cache',
  },
  /** Part of the input read from a cache that was images, not part of `cachedInputTokens`. */
  cachedImageInputTokens: {
    of: 'input',
    kind: 'part',
    price: { cachedImageInput: ['cache_image_read_mtok'] },
    ...CACHE_READ,
    label: 'Image input from cache',
  },
} as const satisfies Readonly<Record<string, UsagePart>>;
