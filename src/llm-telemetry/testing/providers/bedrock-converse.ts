import {
  fullText,
  PLAIN_REQUEST,
  textOf,
  textOfPieces,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
  type Tool,
} from '../model/emulated-api.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { awsEvent, awsEventStream } from './bedrock-frames.js';
import { bedrockPlatform, modelOf, tokenUsage, type SentTokenUsage } from './bedrock-platform.js';

/**
 * Amazon Bedrock Converse and ConverseStream. Source: Amazon Bedrock API reference, “Converse”, “ConverseStream”; types of
 * @aws-sdk/client-bedrock-runtime 3.
 */
export const bedrockConverse: EmulatedApi = {
  ...bedrockPlatform,
  idPrefix: 'converse_',
  // A message has no refusal and no pause.
  faultReplacements: { refuse: 'none', pause: 'none', failed: 'server_error' },
  matches: (path) => /\/model\/[^/]+\/converse(-stream)?$/.test(path),
  read: (body, tokenizer, path) => readMessages(body, tokenizer, path, path.endsWith('-stream')),
  json: converseJson,
  *events(generated) {
    for (const { type, payload, tokens } of converseEvents(generated))
      yield { text: awsEvent(type, payload), tokens };
  },
  eventStream: awsEventStream,
};

/** Parses messages as Converse and Nova have them. */
export function readMessages(
  body: Json,
  tokenizer: Tokenizer,
  path: string,
  stream: boolean,
): ModelRequest | string {
  if (!Array.isArray(body['messages']) || body['messages'].length === 0) return 'messages is required';
  const messages = body['messages'] as Json[];
  const { tools = [], toolChoice } = (body['toolConfig'] ?? {}) as ToolConfig;
  const offered = tools.flatMap(({ toolSpec }) =>
    toolSpec ? [{ name: toolSpec.name, schema: toolSpec.inputSchema.json }] : [],
  );
  const hasResult = ((messages.at(-1)?.['content'] ?? []) as Json[]).some(({ toolResult }) => toolResult);
  const maxTokens = (body['inferenceConfig'] as { maxTokens?: number } | undefined)?.maxTokens;
  const additional = (body['additionalModelRequestFields'] ?? {}) as Json;
  return {
    ...PLAIN_REQUEST,
    model: modelOf(path),
    path,
    body,
    stream,
    maxTokens: maxTokens ?? Infinity,
    system: textOf(body['system']),
    user: textOf(messages.findLast(({ role }) => role === 'user')?.['content']),
    inputTokens: countInput(body, tokenizer),
    cacheablePrefix: markedPrefix(body, tokenizer),
    tool: hasResult ? null : forcedTool(offered, toolChoice),
    offeredTool: hasResult ? null : (offered[0] ?? null),
    reasons: additional['thinking'] !== undefined || additional['reasoning_config'] !== undefined,
  };
}

interface ToolConfig {
  readonly tools?: ReadonlyArray<{
    readonly toolSpec?: { readonly name: string; readonly inputSchema: { readonly json: unknown } };
  }>;
  readonly toolChoice?: { readonly any?: object; readonly tool?: { readonly name: string } };
}

function forcedTool(tools: readonly Tool[], choice: ToolConfig['toolChoice']): Tool | null {
  if (!choice?.any && !choice?.tool) return null;
  return tools.find(({ name }) => !choice.tool || choice.tool.name === name) ?? null;
}

function countInput(body: Json, tokenizer: Tokenizer): number {
  let tokens = 3 + tokenizer.count(textOf(body['system']));
  for (const message of body['messages'] as Json[]) tokens += 4 + tokenizer.count(textOf(message['content']));
  return (
    tokens + (body['toolConfig'] === undefined ? 0 : tokenizer.count(JSON.stringify(body['toolConfig'])))
  );
}

/** Returns the prefix up to the last cache point of the system prompt. Source: user guide, “Prompt caching”. */
function markedPrefix(body: Json, tokenizer: Tokenizer): ModelRequest['cacheablePrefix'] {
  const blocks = Array.isArray(body['system']) ? (body['system'] as Json[]) : [];
  const marked = blocks.findLastIndex((block) => block['cachePoint'] !== undefined);
  if (marked < 0) return null;
  const key = textOf(blocks.slice(0, marked));
  return { key, tokens: tokenizer.count(key) };
}

/** Response of Converse. A test compares it with the types of the SDK. */
export interface SentConverse {
  readonly metrics: { readonly latencyMs: number };
  readonly output: {
    readonly message: { readonly role: 'assistant'; readonly content: readonly SentBlock[] };
  };
  readonly stopReason: SentStopReason;
  readonly usage: SentTokenUsage;
}

/** `DocumentType` of the SDK. */
type Document =
  null | boolean | number | string | readonly Document[] | { readonly [name: string]: Document };

type SentBlock =
  | { readonly text: string }
  | {
      readonly reasoningContent: {
        readonly reasoningText: { readonly text: string; readonly signature: string };
      };
    }
  | { readonly toolUse: { readonly toolUseId: string; readonly name: string; readonly input: Document } };

/** Events of ConverseStream by type. A test compares them with the types of the SDK. */
export interface SentConverseEvents {
  readonly messageStart: { readonly role: 'assistant' };
  readonly contentBlockStart: {
    readonly contentBlockIndex: number;
    readonly start: { readonly toolUse: { readonly toolUseId: string; readonly name: string } };
  };
  readonly contentBlockDelta: {
    readonly contentBlockIndex: number;
    readonly delta:
      | { readonly text: string }
      | { readonly reasoningContent: { readonly text: string } }
      | { readonly toolUse: { readonly input: string } };
  };
  readonly contentBlockStop: { readonly contentBlockIndex: number };
  readonly messageStop: { readonly stopReason: SentStopReason };
  readonly metadata: { readonly metrics: { readonly latencyMs: number }; readonly usage: SentTokenUsage };
}

type SentStopReason = 'end_turn' | 'max_tokens' | 'tool_use' | 'guardrail_intervened';

const STOP_REASONS: Readonly<Record<GeneratedResponse['finish'], SentStopReason>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'guardrail_intervened',
  // Converse has no equivalent.
  refusal: 'end_turn',
  paused: 'end_turn',
  failed: 'end_turn',
};

/** Builds the response of Converse; that of Nova is the same. */
export function converseJson(generated: GeneratedResponse): SentConverse {
  return {
    metrics: { latencyMs: 120 },
    output: { message: { content: contentOf(generated), role: 'assistant' } },
    stopReason: STOP_REASONS[generated.finish],
    usage: tokenUsage(generated),
  };
}

function contentOf(generated: GeneratedResponse): readonly SentBlock[] {
  const { reasoning, tool } = generated;
  const text = fullText(generated);
  const reasons =
    reasoning.length === 0
      ? []
      : [{ reasoningContent: { reasoningText: { text: textOfPieces(reasoning), signature: 'c2ln' } } }];
  if (!tool) return [...reasons, ...(text === '' ? [] : [{ text }])];
  const input = text === '' ? {} : (JSON.parse(text) as Document);
  return [...reasons, { toolUse: { toolUseId: toolIdOf(generated), name: tool.name, input } }];
}

function toolIdOf({ id }: GeneratedResponse): string {
  return `tooluse_${id}`;
}

interface ConverseEvent {
  readonly type: keyof SentConverseEvents;
  readonly payload: object;
  readonly tokens: number;
}

/** Builds the events of ConverseStream; those of Nova have the same types and payloads. */
export function* converseEvents(generated: GeneratedResponse): Iterable<ConverseEvent> {
  const { reasoning, pieces, tool } = generated;
  const event = <Type extends keyof SentConverseEvents>(
    type: Type,
    payload: SentConverseEvents[Type],
    tokens = 0,
  ): ConverseEvent => ({ type, payload, tokens });
  let contentBlockIndex = 0;
  yield event('messageStart', { role: 'assistant' });
  if (reasoning.length > 0) {
    for (const { text, tokens } of reasoning)
      yield event('contentBlockDelta', { contentBlockIndex, delta: { reasoningContent: { text } } }, tokens);
    yield event('contentBlockStop', { contentBlockIndex });
    contentBlockIndex++;
  }
  if (tool) {
    const toolUse = { toolUseId: toolIdOf(generated), name: tool.name };
    yield event('contentBlockStart', { contentBlockIndex, start: { toolUse } });
  }
  for (const { text, tokens } of pieces) {
    const delta = tool ? { toolUse: { input: text } } : { text };
    yield event('contentBlockDelta', { contentBlockIndex, delta }, tokens);
  }
  if (pieces.length > 0) yield event('contentBlockStop', { contentBlockIndex });
  yield event('messageStop', { stopReason: STOP_REASONS[generated.finish] });
  yield event('metadata', { metrics: { latencyMs: 120 }, usage: tokenUsage(generated) });
}
