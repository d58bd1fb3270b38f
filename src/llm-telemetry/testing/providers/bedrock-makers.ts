import {
  fullText,
  PLAIN_REQUEST,
  textOf,
  type EmulatedApi,
  type GeneratedResponse,
  type Json,
  type ModelRequest,
  type StreamEvent,
} from '../model/emulated-api.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { converseEvents, converseJson, readMessages } from './bedrock-converse.js';
import { awsChunk, awsEventStream } from './bedrock-frames.js';
import { bedrockPlatform, countHeaders, invocationMetrics, modelOf } from './bedrock-platform.js';
import { vectorOf } from './openai-embeddings.js';

/** What a maker's models expect and send. */
interface Maker {
  readonly models: RegExp;
  /** Parses a request. Returns the error message if it is invalid. */
  read(body: Json, tokenizer: Tokenizer, path: string, stream: boolean): ModelRequest | string;
  json(generated: GeneratedResponse): object;
  /** Builds the events of a stream without the metrics of Bedrock, which are in the last one. */
  events(generated: GeneratedResponse): Iterable<{ readonly event: object; readonly tokens: number }>;
}

/** Finish reasons: of Llama and Mistral, of Titan, of Cohere. */
const LOWER = { stop: 'stop', length: 'length' } as const;
const TITAN = { stop: 'FINISH', length: 'LENGTH' } as const;
const COHERE = { stop: 'COMPLETE', length: 'MAX_TOKENS' } as const;

function finishOf(
  words: { readonly stop: string; readonly length: string },
  { finish }: GeneratedResponse,
): string {
  return finish === 'length' ? words.length : words.stop;
}

/**
 * Source: Amazon Bedrock user guide, “Inference request parameters and response fields for foundation models”, one page
 * per maker; Amazon Nova user guide, “Using the Invoke API”.
 */
const MAKERS: readonly Maker[] = [
  {
    models: /\bamazon\.nova-(?!canvas|reel|sonic)/,
    read: readMessages,
    json: converseJson,
    *events(generated) {
      for (const { type, payload, tokens } of converseEvents(generated))
        yield { event: { [type]: payload }, tokens };
    },
  },
  {
    models: /\bmeta\.llama/,
    read: textReader('prompt', ({ max_gen_len: limit }) => limit),
    json: (generated) => ({
      generation: fullText(generated),
      prompt_token_count: generated.request.inputTokens,
      generation_token_count: generated.outputTokens,
      stop_reason: finishOf(LOWER, generated),
    }),
    *events(generated) {
      let count = 0;
      const event = (generation: string, stop: string | null): object => ({
        generation,
        prompt_token_count: count === 0 ? generated.request.inputTokens : null,
        generation_token_count: count,
        stop_reason: stop,
      });
      for (const { text, tokens } of generated.pieces) {
        yield { event: event(text, null), tokens };
        count += tokens;
      }
      yield { event: event('', finishOf(LOWER, generated)), tokens: 0 };
    },
  },
  {
    models: /\bamazon\.titan-embed/,
    read: textReader('inputText', () => undefined),
    json: ({ request }) => ({
      embedding: [...vectorOf(request.user, Number(request.body['dimensions'] ?? 1024))],
      inputTextTokenCount: request.inputTokens,
    }),
    events: () => [],
  },
  {
    models: /\bamazon\.titan-text/,
    read: textReader(
      'inputText',
      ({ textGenerationConfig: config }) => (config as Json | undefined)?.['maxTokenCount'],
    ),
    json: (generated) => ({
      inputTextTokenCount: generated.request.inputTokens,
      results: [
        {
          tokenCount: generated.outputTokens,
          outputText: fullText(generated),
          completionReason: finishOf(TITAN, generated),
        },
      ],
    }),
    *events(generated) {
      const counts = { index: 0, inputTextTokenCount: generated.request.inputTokens };
      for (const { text, tokens } of generated.pieces) {
        const event = {
          outputText: text,
          totalOutputTextTokenCount: null,
          completionReason: null,
          ...counts,
        };
        yield { event, tokens };
      }
      const { outputTokens: totalOutputTextTokenCount } = generated;
      const completionReason = finishOf(TITAN, generated);
      yield { event: { outputText: '', totalOutputTextTokenCount, completionReason, ...counts }, tokens: 0 };
    },
  },
  {
    models: /\bcohere\.embed/,
    read: textReader('texts', () => undefined),
    json: ({ id, request }) => ({
      id,
      response_type: 'embeddings_floats',
      texts: request.body['texts'],
      embeddings: (request.body['texts'] as string[]).map((text) => [...vectorOf(text, 1024)]),
    }),
    events: () => [],
  },
  {
    models: /\bcohere\.command-r/,
    read: textReader('message', ({ max_tokens: limit }) => limit),
    json: (generated) => ({
      response_id: generated.id,
      text: fullText(generated),
      generation_id: `g-${generated.id}`,
      chat_history: [],
      finish_reason: finishOf(COHERE, generated),
    }),
    *events(generated) {
      yield {
        event: { is_finished: false, event_type: 'stream-start', generation_id: generated.id },
        tokens: 0,
      };
      for (const { text, tokens } of generated.pieces)
        yield { event: { is_finished: false, event_type: 'text-generation', text }, tokens };
      const response = { text: fullText(generated), finish_reason: finishOf(COHERE, generated) };
      const { finish_reason } = response;
      yield { event: { is_finished: true, event_type: 'stream-end', finish_reason, response }, tokens: 0 };
    },
  },
  {
    models: /\bmistral\./,
    read: textReader('prompt', ({ max_tokens: limit }) => limit),
    json: (generated) => ({
      outputs: [{ text: fullText(generated), stop_reason: finishOf(LOWER, generated) }],
    }),
    *events(generated) {
      for (const { text, tokens } of generated.pieces)
        yield { event: { outputs: [{ text, stop_reason: null }] }, tokens };
      yield { event: { outputs: [{ text: '', stop_reason: finishOf(LOWER, generated) }] }, tokens: 0 };
    },
  },
];

/** Returns a reader of requests with plain text. */
function textReader(member: string, limitIn: (body: Json) => unknown): Maker['read'] {
  return (body, tokenizer, path, stream) => {
    const given = body[member];
    const user = Array.isArray(given) ? given.map(String).join('\n') : textOf(given);
    if (user === '') return `required key [${member}] not found`;
    const limit = limitIn(body);
    return {
      ...PLAIN_REQUEST,
      model: modelOf(path),
      path,
      body,
      stream,
      maxTokens: typeof limit === 'number' ? limit : Infinity,
      user,
      inputTokens: tokenizer.count(user),
    };
  };
}

/** Amazon Bedrock InvokeModel and InvokeModelWithResponseStream, except for Anthropic's models, by maker. */
export const bedrockMakers: readonly EmulatedApi[] = MAKERS.map((maker) => ({
  ...bedrockPlatform,
  idPrefix: 'invoke_',
  // Texts have no refusal, no pause and no tools; a guardrail replaces the text.
  faultReplacements: { refuse: 'none', pause: 'none', tool: 'none', filter: 'none', failed: 'server_error' },
  matches: (path) => INVOKE.test(path) && maker.models.test(modelOf(path)),
  read: (body, tokenizer, path) => maker.read(body, tokenizer, path, path.endsWith('-stream')),
  ...(/embed/.test(maker.models.source) ? { compose: () => [] } : {}),
  json: maker.json,
  jsonHeaders: countHeaders,
  events: (generated) => chunks(maker, generated),
  eventStream: awsEventStream,
}));

/** Matches the path of a request to InvokeModel. */
export const INVOKE = /\/model\/[^/]+\/invoke(-with-response-stream)?$/;

function* chunks(maker: Maker, generated: GeneratedResponse): Iterable<StreamEvent> {
  const events = [...maker.events(generated)];
  for (const [index, { event, tokens }] of events.entries()) {
    const isLast = index === events.length - 1;
    yield { text: awsChunk(isLast ? { ...event, ...invocationMetrics(generated) } : event), tokens };
  }
}
