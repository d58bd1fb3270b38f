/** Requests to providers that generate nothing, as data: a POST to another path that no format has is a missed one. */
interface OtherRequests {
  /** Matched at the end of a path without its query, or within it. */
  readonly path: RegExp;
  readonly source: string;
}

const OTHER_REQUESTS: readonly OtherRequests[] = [
  {
    // Files, batches, fine-tuning, stores, evaluations, moderation, and objects of the Assistants API without its runs.
    path: /\/(?:files|uploads|batches|fine_tuning|fine-tunes|vector_stores|assistants|containers|evals|graders|skills|moderations|organization)(?:\/|$)|\/models$/,
    source: 'https://developers.openai.com/api/reference/overview',
  },
  {
    path: /\/(?:threads(?:\/(?!runs$)[^/]+(?:\/messages(?:\/[^/]+)?)?)?|threads\/[^/]+\/runs\/[^/]+(?:\/cancel)?|conversations(?:\/.+)?|chatkit\/.+)$/,
    source: 'https://developers.openai.com/api/reference/overview',
  },
  {
    path: /\/(?:responses\/(?:input_tokens|[^/]+\/cancel)|chat\/completions\/[^/]+|realtime\/(?:sessions|client_secrets|transcription_sessions|calls\/[^/]+\/[a-z]+)|traces\/ingest)$/,
    source: 'https://developers.openai.com/api/reference/overview',
  },
  { path: /\/messages\/count_tokens$/, source: 'https://platform.claude.com/docs/en/api/overview' },
  {
    path: /:(?:countTokens|computeTokens|cancel|delete|import[A-Za-z]*|upload[A-Za-z]*|fetchPredictOperation|transferOwnership|batch(?:Create|Update|Delete)\w*)$/,
    source: 'https://ai.google.dev/api',
  },
  {
    path: /\/(?:cachedContents|corpora|fileSearchStores|tunedModels|auth_tokens|operations|interactions\/[^/]+)(?:\/|$)|^\/upload\//,
    source: 'https://ai.google.dev/api',
  },
  {
    path: /\/(?:count-tokens|guardrail\/.+\/apply|model-invocation-job|async-invoke\/[^/]+)$/,
    source:
      'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html',
  },
  {
    path: /\/(?:batch\/jobs|libraries|workflows|classifications|observability|audio\/voices)(?:\/|$)|\/agents$/,
    source: 'https://docs.mistral.ai/api',
  },
  {
    path: /\/(?:tokenize|detokenize|datasets|connectors|finetuning|embed-jobs|check-api-key)(?:\/|$)/,
    source: 'https://docs.cohere.com/reference/about',
  },
  {
    path: /\/(?:tokenize-text|collections|documents\/search|api-key|keys|credits|activity|billing|usage|balance|user|auth|oauth|tasks|segment|search)(?:\/|$)|\/(?:endpoints|deployments)$/,
    source: 'https://docs.x.ai/docs/api-reference and https://openrouter.ai/docs/api-reference/overview',
  },
  {
    path: /\/ai\/(?:finetunes|tomarkdown|authors|tasks|autorag|ai-search)(?:\/|$)/,
    source: 'https://developers.cloudflare.com/api/resources/ai',
  },
  { path: /\/(?:health|healthz|ping|status|version|metrics)$/, source: 'usual names of checks' },
];

/** Returns whether a POST to this path of a known provider is one that generates nothing. */
export function isOtherRequest(path: string): boolean {
  return OTHER_REQUESTS.some((row) => row.path.test(path));
}
