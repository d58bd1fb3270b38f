import { finishOfWord } from '../dialects/finish-words.js';
import type { FinishReason } from '../finish-reason.js';
import { asArray, asCount, asObject, asString, type JsonObject } from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import type { ResponseDraft } from '../response-draft.js';
import { readConverseEvent, readConverseResponse } from './bedrock-converse.js';
import { readTokenUsage } from './bedrock-parts.js';
import { chatCompletions } from './chat-completions.js';
import { messages, readUsage } from './messages.js';
import { hasContent, isNonEmpty } from './response-parts.js';

/** A shape of the bodies and events that models of a maker send on Amazon Bedrock. */
interface MakerShape {
  /** One of these members identifies the shape. */
  readonly members: readonly string[];
  /** Reads a JSON body or the event of a chunk. @param event - the text of the event; `null` for a body */
  read(body: JsonObject, response: ResponseDraft, event: string | null): void;
}

/**
 * Shapes by maker. The first that matches is used. The response does not name the model, so its members identify the
 * maker. Source: Amazon Bedrock user guide, “Inference request parameters and response fields for foundation models”,
 * one page per maker; Amazon Nova user guide, “Using the Invoke API”.
 */
const SHAPES: readonly MakerShape[] = [
  // Anthropic Messages. Cohere's embeddings have no `type`.
  { members: ['type'], read: readAnthropic },
  // Amazon Nova.
  {
    members: ['output', 'contentBlockDelta', 'contentBlockStart', 'messageStop', 'metadata'],
    read: readNova,
  },
  // Meta Llama.
  { members: ['generation'], read: readLlama },
  // Embeddings: Amazon Titan and Nova, Cohere Embed.
  { members: ['embedding', 'embeddings', 'embeddingsByType'], read: readEmbeddings },
  // Amazon Titan Text, whose chunks are results, and Cohere and Amazon Rerank.
  { members: ['results', 'outputText'], read: readResults },
  // Mistral's models without chat, and Cohere Command.
  { members: ['outputs', 'generations'], read: readTexts },
  // Mistral's models with chat, and OpenAI, DeepSeek, Qwen and others.
  { members: ['choices'], read: readChoices },
  // Cohere Command R, and the chunks of Cohere Command.
  { members: ['event_type', 'generation_id', 'is_finished', 'text', 'finish_reason'], read: readCohere },
  // Anthropic Text Completions.
  { members: ['completion'], read: readCompletion },
];

/**
 * Reads a response, or an event of it, by the maker whose shape it has. Unknown shapes have no usage.
 *
 * @param event - the text of the event; `null` for a body
 */
export function readMaker(body: JsonObject, response: ResponseDraft, event: string | null): void {
  const shape = SHAPES.find(({ members }) => members.some((member) => body[member] !== undefined));
  if (shape) shape.read(body, response, event);
  else if (event === null) response.hasContent = hasContent(body, NOTHING);
  // The response omits region and version of the model, which determine its price.
  response.model = null;
}

const NOTHING: ReadonlySet<string> = new Set();

function readAnthropic(body: JsonObject, response: ResponseDraft, event: string | null): void {
  if (event === null) {
    messages.readResponse(body, response);
    return;
  }
  messages.readEvent(event, response, null);
  // Bedrock repeats the usage, with cached tokens, in the last event.
  // Source: https://github.com/BerriAI/litellm/pull/36878.
  const usage = body['type'] === 'message_stop' ? asObject(body['usage']) : null;
  if (usage) readUsage(usage, response);
}

function readNova(body: JsonObject, response: ResponseDraft, event: string | null): void {
  if (event === null) {
    readConverseResponse(body, response);
    return;
  }
  for (const type of ['contentBlockStart', 'contentBlockDelta', 'messageStop', 'metadata']) {
    const data = asObject(body[type]);
    if (data) readConverseEvent(type, data, response);
  }
}

function readLlama(body: JsonObject, response: ResponseDraft, event: string | null): void {
  addText(body['generation'], response, event);
  readCounts(body['prompt_token_count'], body['generation_token_count'], response);
  readFinish(body['stop_reason'], response);
}

function readResults(body: JsonObject, response: ResponseDraft, event: string | null): void {
  let output = asCount(body['totalOutputTextTokenCount']);
  for (const entry of event !== null ? [body] : asArray(body['results'])) {
    const result = asObject(entry);
    addText(result?.['outputText'], response, event);
    const tokens = asCount(result?.['tokenCount']);
    if (tokens !== null) output = (output ?? 0) + tokens;
    // A ranking generates nothing.
    if (result?.['relevance_score'] !== undefined) [output, response.hasContent] = [0, true];
    readFinish(result?.['completionReason'], response);
  }
  readCounts(body['inputTextTokenCount'], output, response);
}

function readEmbeddings(body: JsonObject, response: ResponseDraft): void {
  response.hasContent = ['embedding', 'embeddings', 'embeddingsByType'].some((name) =>
    isNonEmpty(body[name]),
  );
  readCounts(body['inputTextTokenCount'] ?? body['inputTokenCount'], 0, response);
}

function readTexts(body: JsonObject, response: ResponseDraft, event: string | null): void {
  for (const entry of [...asArray(body['outputs']), ...asArray(body['generations'])]) {
    const output = asObject(entry);
    addText(output?.['text'], response, event);
    readFinish(output?.['stop_reason'] ?? output?.['finish_reason'], response);
  }
}

/** Mistral's choices have a `stop_reason`, and a `message` in streams too; DeepSeek's have a `text`. */
function readChoices(body: JsonObject, response: ResponseDraft, event: string | null): void {
  if (event !== null) chatCompletions.readEvent(event, response, null);
  else chatCompletions.readResponse(body, response);
  for (const entry of asArray(body['choices'])) {
    const choice = asObject(entry);
    addText(choice?.['text'], response, event);
    if (event !== null) addText(asObject(choice?.['message'])?.['content'], response, event);
    readFinish(choice?.['stop_reason'], response);
  }
}

function readCohere(body: JsonObject, response: ResponseDraft, event: string | null): void {
  // The last event repeats the whole response.
  if (body['event_type'] !== 'stream-end') addText(body['text'], response, event);
  if (asArray(body['tool_calls']).length > 0) response.hasContent = true;
  response.id ??= asString(body['response_id']);
  readFinish(body['finish_reason'], response);
}

function readCompletion(body: JsonObject, response: ResponseDraft, event: string | null): void {
  addText(body['completion'], response, event);
  readFinish(body['stop_reason'], response);
}

function addText(value: unknown, response: ResponseDraft, event: string | null): void {
  const bytes = textBytes(value);
  response.outputBytes += bytes;
  if (bytes > 0) response.hasContent = true;
  else response.hasContent ??= false;
  if (bytes > 0 && event !== null) response.outputChunks++;
}

function readCounts(input: unknown, output: unknown, { usage }: ResponseDraft): void {
  usage.inputTokens = asCount(input) ?? usage.inputTokens;
  usage.outputTokens = asCount(output) ?? usage.outputTokens;
}

/** Finish reasons of Llama, Mistral, Titan and Cohere. */
const FINISH: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['FINISH', 'stop'],
  ['FINISHED', 'stop'],
  ['STOP_CRITERIA_MET', 'stop'],
  ['LENGTH', 'length'],
  ['CONTENT_FILTERED', 'content_filter'],
  ['COMPLETE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['ERROR', 'error'],
  ['ERROR_TOXIC', 'content_filter'],
  ['ERROR_LIMIT', 'context_window'],
  ['USER_CANCEL', 'cancelled'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
]);

function readFinish(value: unknown, response: ResponseDraft): void {
  const reason = asString(value);
  if (reason === null) return;
  response.finishReasons = [reason];
  response.finish = FINISH.get(reason) ?? finishOfWord(reason);
}

/** Member that Bedrock adds to the last chunk of a stream. */
export const METRICS = 'amazon-bedrock-invocationMetrics';
/** Member that Bedrock adds if a guardrail is configured: `INTERVENED` or `NONE`. */
export const GUARDRAIL = 'amazon-bedrock-guardrailAction';

/**
 * Reads what Bedrock itself adds to bodies and chunks of all makers. Counts in the metrics exclude cached tokens; they
 * complete what the maker's own counts lack.
 *
 * Sources: Amazon Bedrock API reference, “InvokeModelWithResponseStream”; user guide, “Use your guardrail with inference
 * operations”; https://github.com/BerriAI/litellm/issues/34373; https://github.com/BerriAI/litellm/pull/36878.
 */
export function readBedrockMembers(body: JsonObject, response: ResponseDraft): void {
  if (body[GUARDRAIL] === 'INTERVENED') response.finish = 'content_filter';
  const metrics = asObject(body[METRICS]);
  if (!metrics) return;
  const { usage } = response;
  const input = asCount(metrics['inputTokenCount']);
  const isCacheUnknown = usage.cachedInputTokens + usage.cacheWriteTokens5m + usage.cacheWriteTokens1h === 0;
  if (input !== null && (usage.inputTokens === null || (usage.inputTokens === input && isCacheUnknown))) {
    const { cacheReadInputTokenCount, cacheWriteInputTokenCount } = metrics;
    const counts = { inputTokens: input, cacheReadInputTokenCount, cacheWriteInputTokenCount };
    readTokenUsage(counts, usage);
  }
  usage.outputTokens ??= asCount(metrics['outputTokenCount']);
  response.complete = true;
}
