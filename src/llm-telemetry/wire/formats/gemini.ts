import { GeminiContent } from '../content/gemini.content.js';
import { MAX_NAMES } from '../../text/bounded-name.js';
import { readProviderError } from '../dialects/error-body.js';
import type { ResponseDraft } from '../response-draft.js';
import type { FinishReason } from '../finish-reason.js';
import {
  asArray,
  asCount,
  asObject,
  asNumber,
  asString,
  parseJson,
  type JsonObject,
} from '../json/json-value.js';
import { member } from '../json/proto-json.js';
import { textBytes } from '../json/text-bytes.js';
import { hasContent, isNonEmpty } from './response-parts.js';
import {
  applyCounts,
  mergeCounts,
  modalityCounts,
  modelIn,
  modelName,
  noCounts,
  onVertex,
  outputTypeOf,
  readGenerationConfig,
  readTierHeader,
  type GoogleCounts,
} from './google-parts.js';
import { atPaths, type BuiltInFormat, type RequestParameters } from './format.js';

const STREAMED = ':streamGenerateContent';
const PATHS = atPaths(':generateContent', STREAMED);

/**
 * Gemini `generateContent` and `streamGenerateContent`, as server-sent events or as one JSON array. Source: types of
 * @google/genai 3 (`GenerateContentResponse`); Gemini API reference, “Generating content”.
 */
export const gemini: BuiltInFormat = {
  operation: 'generate_content',
  provider: 'gcp.gemini',
  ...PATHS,
  // Code Assist nests the request and names the model in the body.
  accepts: (keys) => keys.has('contents') || (keys.has('request') && keys.has('model')),
  requestKeys: new Set([
    'model',
    'request',
    'generationConfig',
    'generation_config',
    'serviceTier',
    'service_tier',
  ]),
  content: (limit) => new GeminiContent(limit),
  readRequest,
  envelopeBytes: 600,
  inputBytes,
  readHeaders: readTierHeader,
  readResponse: (body, response) => {
    readChunk(body, response, true);
    response.complete = response.error === null;
  },
  readEvent: (data, response) => {
    const chunk = asObject(parseJson(data));
    if (chunk) readChunk(chunk, response, false);
  },
};

/** Gemini on Vertex AI, with a project or in express mode. Source: as `gemini`. */
export const vertexGemini: BuiltInFormat = onVertex(gemini);

function readRequest(body: JsonObject, url: string): RequestParameters {
  const request = asObject(body['request']) ?? body;
  const config = asObject(member(request, 'generationConfig'));
  const thinking = asObject(member(config, 'thinkingConfig'));
  const level = asString(member(thinking, 'thinkingLevel'));
  const budget = asNumber(member(thinking, 'thinkingBudget'));
  return {
    model: modelIn(url) ?? modelName(body['model']),
    stream: url.endsWith(STREAMED),
    ...readGenerationConfig(config),
    serviceTier: asString(member(request, 'serviceTier')) ?? undefined,
    reasoningEffort: level ?? (budget === null ? undefined : String(budget)),
    outputType: outputTypeOf(member(config, 'responseModalities'), member(config, 'responseMimeType')),
  };
}

/** Returns `null` if the provider stores a part of the input. */
function inputBytes(body: JsonObject): number | null {
  const request = asObject(body['request']) ?? body;
  if (member(request, 'cachedContent') || member(request, 'continuationToken')) return null;
  return (
    textBytes(request['contents']) +
    textBytes(member(request, 'systemInstruction')) +
    textBytes(request['tools'])
  );
}

/** What a response draft cannot hold between two events. */
interface Progress {
  readonly counts: GoogleCounts;
  readonly queries: Set<string>;
  hasCalledTool: boolean;
  usesMaps: boolean;
}

const progressOf = new WeakMap<ResponseDraft, Progress>();

/** Reads a response, or a chunk of one. The counts of a chunk are cumulative. */
function readChunk(chunk: JsonObject, draft: ResponseDraft, whole: boolean): void {
  if (chunk['error']) {
    draft.error = readProviderError(chunk['error']);
    return;
  }
  // Source: Cloud Code Assist, which wraps each response (https://github.com/agentgateway/agentgateway/pull/2813).
  const body = asObject(chunk['response']) ?? chunk;
  let progress = progressOf.get(draft);
  if (!progress) {
    progress = { counts: noCounts(), queries: new Set(), hasCalledTool: false, usesMaps: false };
    progressOf.set(draft, progress);
  }
  draft.id ??= asString(body['responseId']);
  draft.model ??= modelName(body['modelVersion']);
  const before = draft.outputBytes;
  let found = false;
  for (const entry of asArray(body['candidates'])) {
    const candidate = asObject(entry);
    if (candidate && readCandidate(candidate, draft, progress)) found = true;
  }
  if (found || hasContent(body, RESPONSE_ENVELOPE)) draft.hasContent = true;
  else draft.hasContent ??= false;
  if (!whole && (found || draft.outputBytes > before)) draft.outputChunks++;
  readBlock(asObject(body['promptFeedback']), draft);
  const usage = asObject(body['usageMetadata']);
  const finished = whole || draft.finish !== null;
  if (usage) readUsage(usage, draft, progress.counts, finished);
  readGrounding(draft, progress);
  if (finished) draft.complete = draft.error === null;
}

const RESPONSE_ENVELOPE = new Set([
  'candidates',
  'promptFeedback',
  'usageMetadata',
  'modelVersion',
  'responseId',
  'createTime',
  'modelStatus',
  'sdkHttpResponse',
  'traceId',
  'remainingCredits',
]);

/** Returns true if a candidate has content. */
function readCandidate(candidate: JsonObject, draft: ResponseDraft, progress: Progress): boolean {
  let found = hasContent(candidate, CANDIDATE_ENVELOPE);
  for (const entry of asArray(asObject(candidate['content'])?.['parts'])) {
    const part = asObject(entry);
    if (!part) continue;
    if (hasContent(part, PART_ENVELOPE)) found = true;
    if (asObject(part['functionCall'])) progress.hasCalledTool = true;
    draft.outputBytes +=
      textBytes(part['text']) + textBytes(part['functionCall']) + textBytes(part['executableCode']);
  }
  noteGrounding(asObject(candidate['groundingMetadata']), progress);
  const reason = asString(candidate['finishReason']);
  if (reason === null || reason === 'FINISH_REASON_UNSPECIFIED') return found;
  if (draft.finishReasons.length < MAX_NAMES) draft.finishReasons.push(reason);
  let finish = FINISH.get(reason) ?? reason.toLowerCase();
  // A response with function calls also ends with `STOP`.
  if (finish === 'stop' && progress.hasCalledTool) finish = 'tool_calls';
  if (draft.finish === null || draft.finish === 'stop') draft.finish = finish;
  return found;
}

const CANDIDATE_ENVELOPE = new Set([
  'content',
  'index',
  'finishReason',
  'finishMessage',
  'tokenCount',
  'avgLogprobs',
  'logprobsResult',
  'safetyRatings',
  'citationMetadata',
  'groundingMetadata',
  'groundingAttributions',
  'urlContextMetadata',
  'continuationToken',
]);

const PART_ENVELOPE = new Set([
  'thought',
  'thoughtSignature',
  'partMetadata',
  'mediaResolution',
  'videoMetadata',
]);

/** Source: types of @google/genai 3, `FinishReason`. Other reasons are recorded in lower case. */
const FINISH: ReadonlyMap<string, FinishReason> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['LANGUAGE', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
  ['IMAGE_RECITATION', 'content_filter'],
  ['MODEL_ARMOR', 'content_filter'],
  ['ESCALATION', 'content_filter'],
  ['MALFORMED_FUNCTION_CALL', 'error'],
  ['MALFORMED_RESPONSE', 'error'],
  ['UNEXPECTED_TOOL_CALL', 'error'],
  ['TOO_MANY_TOOL_CALLS', 'error'],
  ['MISSING_THOUGHT_SIGNATURE', 'error'],
  ['CONTINUATION', 'paused'],
]);

/** A blocked prompt has no candidates. */
function readBlock(feedback: JsonObject | null, draft: ResponseDraft): void {
  const reason = asString(feedback?.['blockReason']);
  if (reason === null || reason === 'BLOCKED_REASON_UNSPECIFIED') return;
  draft.finish = 'content_filter';
  draft.finishReasons = [reason];
}

function readUsage(usage: JsonObject, draft: ResponseDraft, counts: GoogleCounts, finished: boolean): void {
  mergeCounts(counts, {
    prompt: asCount(usage['promptTokenCount']),
    toolUse: asCount(usage['toolUsePromptTokenCount']),
    cached: asCount(usage['cachedContentTokenCount']),
    // The second name is that of Vertex AI's live API and of older servers.
    output: asCount(usage['candidatesTokenCount']) ?? asCount(usage['responseTokenCount']),
    thoughts: asCount(usage['thoughtsTokenCount']),
    total: asCount(usage['totalTokenCount']),
    promptBy: modalityCounts(usage['promptTokensDetails']),
    toolUseBy: modalityCounts(usage['toolUsePromptTokensDetails']),
    cachedBy: modalityCounts(usage['cacheTokensDetails']),
    outputBy: modalityCounts(usage['candidatesTokensDetails']),
  });
  applyCounts(counts, finished, draft.usage);
  // The tier that was used is more precise than the header: Vertex AI reports on-demand or provisioned traffic.
  draft.usage.serviceTier =
    asString(usage['serviceTier']) ?? asString(usage['trafficType']) ?? draft.usage.serviceTier;
}

function noteGrounding(grounding: JsonObject | null, progress: Progress): void {
  if (!grounding) return;
  for (const name of ['webSearchQueries', 'imageSearchQueries'])
    for (const query of asArray(grounding[name]))
      if (typeof query === 'string' && query !== '' && progress.queries.size < MAX_NAMES)
        progress.queries.add(`${name} ${query}`);
  const usesMaps = asArray(grounding['groundingChunks']).some((entry) =>
    isNonEmpty(asObject(entry)?.['maps']),
  );
  if (usesMaps || asString(grounding['googleMapsWidgetContextToken']) !== null) progress.usesMaps = true;
}

/**
 * Records the uses of grounding, which is charged in addition to tokens. Google Search is charged by query from Gemini 3
 * on, and by request for earlier models. Code execution, URL context and file search cost only tokens. The free uses per
 * day or month are unknown here. Source: Gemini API pricing page, “Grounding with Google Search”, and documentation of
 * the tool, “Pricing”.
 */
function readGrounding({ model, usage }: ResponseDraft, { queries, usesMaps }: Progress): void {
  if (queries.size > 0)
    usage.webSearchRequests = model !== null && CHARGED_BY_REQUEST.test(model) ? 1 : queries.size;
  if (usesMaps) usage.toolUses = GOOGLE_MAPS;
}

const CHARGED_BY_REQUEST = /^gemini-[12](?:\.|-|$)/;
const GOOGLE_MAPS = Object.freeze({ google_maps: 1 });
