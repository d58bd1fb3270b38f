import { completionText, valueOfSchema } from './model/completion-text.js';
import {
  AUDIO_TOKENS_PER_TEXT_TOKEN,
  audioPartOf,
  tokensOf,
  type GeneratedResponse,
  type ModelFinish,
  type EmulatedApi,
  type ModelRequest,
  type Step,
  type Tool,
} from './model/emulated-api.js';
import type { Extra, FaultSpec } from './model/faults.js';
import type { Piece, Tokenizer } from './model/tokenizer.js';
import { datedName } from './model-names.js';

interface GeneratorParts {
  readonly tokenizer: Tokenizer;
  readonly cachedTokens: boolean;
  readonly proxyCost: boolean;
}

/** Inputs of a response besides its request. */
interface ResponseContext {
  readonly id: string;
  readonly requestId: string;
  readonly fault: FaultSpec;
  readonly extras: ReadonlySet<Extra>;
}

interface Reply {
  readonly text: string;
  readonly finish: ModelFinish;
  readonly tool?: Tool;
}

/** Composes responses: text, reasoning, and the usage of both. */
export class ResponseGenerator {
  private readonly cachedPrefixes = new Set<string>();

  constructor(private readonly parts: GeneratorParts) {}

  generate(
    api: EmulatedApi,
    request: ModelRequest,
    { id, requestId, fault, extras }: ResponseContext,
  ): GeneratedResponse {
    const { tokenizer } = this.parts;
    const isFailed = fault.kind === 'failed';
    const composed = isFailed || fault.kind === 'empty' ? undefined : api.compose?.(request, tokenizer);
    const reply: Reply =
      isFailed || composed
        ? { text: '', finish: isFailed ? 'failed' : fault.kind === 'filter' ? api.filterFinish : 'stop' }
        : replyTo(api, request, fault);
    const limit =
      fault.kind === 'truncate' ? Math.min(request.maxTokens, fault.afterTokens ?? 8) : request.maxTokens;
    const hasReasoning = request.reasons && reply.text !== '';
    const reasoning = hasReasoning ? tokenizer.pieces(reasoningText(request), limit) : [];
    const reasoningTokens = tokensOf(reasoning);
    const speaks = request.speaks && !reply.tool;
    const perToken = speaks ? 1 + AUDIO_TOKENS_PER_TEXT_TOKEN : 1;
    const text = cut(reply.text, Math.floor((limit - reasoningTokens) / perToken), fault, tokenizer);
    const pieces = composed ?? spoken(text.pieces, perToken);
    const outputTokens = composed
      ? tokensOf(composed)
      : (reasoningTokens + tokensOf(pieces)) * request.choices;
    const model = extras.has('fallback') ? FALLBACK : datedName(request.model);
    return {
      id,
      requestId,
      model,
      request,
      reasoning,
      pieces,
      finish: text.isCut || fault.kind === 'truncate' ? 'length' : reply.finish,
      failedWith: fault.code ?? 'server_error',
      tool: reply.tool ?? null,
      outputTokens,
      reasoningTokens: reasoningTokens * request.choices,
      audioOutputTokens: speaks ? audioPartOf(outputTokens) : 0,
      webSearches: request.searches && !isFailed ? 1 : 0,
      steps: stepsOf(extras, datedName(request.model), request.inputTokens, outputTokens),
      extras,
      proxyCostUsd:
        this.parts.proxyCost || extras.has('proxy_cost')
          ? proxyCost(request.inputTokens, outputTokens)
          : null,
      created: Math.floor(Date.now() / 1000),
      ...this.cache(request, api.billsCacheWrites),
    };
  }

  private cache(
    request: ModelRequest,
    billsWrites: boolean,
  ): { cachedInputTokens: number; cacheWriteTokens: number } {
    const prefix = this.parts.cachedTokens ? request.cacheablePrefix : null;
    if (!prefix) return { cachedInputTokens: 0, cacheWriteTokens: 0 };
    const key = `${request.model} ${prefix.key}`;
    if (this.cachedPrefixes.has(key)) return { cachedInputTokens: prefix.tokens, cacheWriteTokens: 0 };
    this.cachedPrefixes.add(key);
    return { cachedInputTokens: 0, cacheWriteTokens: billsWrites ? prefix.tokens : 0 };
  }
}

function replyTo(api: EmulatedApi, request: ModelRequest, fault: FaultSpec): Reply {
  switch (fault.kind) {
    case 'filter':
      return { text: '', finish: api.filterFinish };
    case 'refuse':
      return { text: "I'm sorry, but I can't help with that.", finish: 'refusal' };
    case 'empty':
      return { text: '', finish: 'stop' };
    case 'invalid_json':
      return {
        text: 'Sure! Here is what I think about it: this looks like a fairly common request.',
        finish: 'stop',
      };
    case 'pause':
      return { ...normalReply(request, fault), finish: 'paused' };
    default:
      return normalReply(request, fault);
  }
}

function normalReply(request: ModelRequest, fault: FaultSpec): Reply {
  const tool = request.tool ?? (fault.kind === 'tool' ? request.offeredTool : null);
  if (tool) return { text: JSON.stringify(valueOfSchema(tool.schema)), finish: 'tool_calls', tool };
  if (request.schema !== null) return { text: JSON.stringify(valueOfSchema(request.schema)), finish: 'stop' };
  return { text: completionText({ system: request.system, user: request.user }), finish: 'stop' };
}

/** Adds the tokens of speech to those of the text. */
function spoken(pieces: readonly Piece[], perToken: number): readonly Piece[] {
  return perToken === 1 ? pieces : pieces.map(({ text, tokens }) => ({ text, tokens: tokens * perToken }));
}

/** Cuts a text at its token limit. */
function cut(
  text: string,
  limit: number,
  fault: FaultSpec,
  tokenizer: Tokenizer,
): { pieces: readonly Piece[]; isCut: boolean } {
  const all = tokenizer.count(text);
  const isCut = all > limit;
  // The `truncate` fault also shortens a text within the limit, by one token.
  const kept = fault.kind === 'truncate' && !isCut ? Math.max(1, all - 1) : limit;
  return { pieces: tokenizer.pieces(text, kept), isCut };
}

function reasoningText({ user }: ModelRequest): string {
  return `The user says “${user.split(/\s+/).slice(0, 8).join(' ')}”. I weigh what is asked, then I answer.`;
}

const FALLBACK = 'claude-sonnet-4-5-20250929';
const ADVISOR = 'claude-opus-4-6';

/** Builds the steps. Their token counts are made up and differ enough to be distinguished in the ledger. */
function stepsOf(
  extras: ReadonlySet<Extra>,
  model: string,
  inputTokens: number,
  outputTokens: number,
): readonly Step[] {
  const own: Step = { type: 'message', model, inputTokens, outputTokens };
  if (extras.has('iterations')) {
    return [{ type: 'compaction', model, inputTokens: inputTokens + 2000, outputTokens: 150 }, own];
  }
  if (extras.has('advisor')) {
    const advice: Step = {
      type: 'advisor_message',
      model: ADVISOR,
      inputTokens: inputTokens + 700,
      outputTokens: 90,
    };
    return [advice, own];
  }
  if (extras.has('fallback')) {
    const declined: Step = { ...own, outputTokens: 12 };
    return [declined, { ...own, type: 'fallback_message', model: FALLBACK }];
  }
  return [];
}

/** Cost at a fictional proxy: $1 (input) and $2 (output) per million tokens. */
function proxyCost(inputTokens: number, outputTokens: number): number {
  return (inputTokens + 2 * outputTokens) / 1e6;
}
