import { isChatUsage, type Body, type ChatUsage, type Dialect } from './dialect.js';
import { choiceOf, mergeUsage, moveUsage, withoutNull } from './usage-places.js';

/**
 * Table of dialects with their sources. A new dialect needs a row here and in `docs/testing.md`.
 * `test/capture/dialects.e2e-spec.ts` compares what the library records with the ledger, for each row.
 */
export const DIALECTS = tableOf({
  // xAI: completion_tokens excludes reasoning, the total has both. https://github.com/vercel/ai/issues/12425
  reasoning_outside: {
    usage: (usage) => ({ ...usage, completion_tokens: usage.completion_tokens - reasoningOf(usage) }),
  },
  // Gateways to Gemini: only the total has reasoning. https://github.com/mozilla-ai/any-llm/issues/1290
  reasoning_in_total: {
    usage: ({ prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details }, { generated }) => ({
      prompt_tokens,
      completion_tokens: completion_tokens - generated.reasoningTokens,
      total_tokens,
      prompt_tokens_details,
    }),
  },
  // Gateways to Anthropic: prompt_tokens excludes cached tokens. https://github.com/Portkey-AI/gateway/pull/1754
  cache_outside: {
    usage: (usage) => ({
      ...usage,
      prompt_tokens: usage.prompt_tokens - cachedOf(usage),
      cache_read_input_tokens: cachedOf(usage),
    }),
  },
  // DeepSeek API documentation, “Context Caching”.
  cache_hit_tokens: {
    usage: ({ prompt_tokens_details: details, ...usage }) => {
      const hits = details?.cached_tokens ?? 0;
      return {
        ...usage,
        prompt_cache_hit_tokens: hits,
        prompt_cache_miss_tokens: usage.prompt_tokens - hits,
      };
    },
  },
  // Moonshot API documentation, “Chat”.
  cached_tokens: {
    usage: ({ prompt_tokens_details: details, ...usage }) => ({
      ...usage,
      cached_tokens: details?.cached_tokens ?? 0,
    }),
  },
  // vLLM, llama.cpp and others: three counts.
  usage_without_details: {
    usage: ({ prompt_tokens, completion_tokens, total_tokens }) => ({
      prompt_tokens,
      completion_tokens,
      total_tokens,
    }),
  },
  // Moonshot: in the choice of the last chunk. https://github.com/earendil-works/pi/issues/2017
  usage_in_choice: {
    sendsUsage: true,
    body: (body, { generated }) =>
      moveUsage(body, (usage) => {
        const choice = choiceOf(body) ?? { index: 0, delta: {}, finish_reason: generated.finish };
        return { choices: [{ ...choice, usage }] };
      }),
  },
  // Groq API reference, “Chat”, streaming.
  usage_in_x_groq: {
    sendsUsage: true,
    body: (body) => moveUsage(body, (usage) => ({ x_groq: { id: body['id'], usage } })),
  },
  // vLLM, Open WebUI: cumulative counts. https://github.com/open-webui/open-webui/issues/29064
  usage_on_each_chunk: {
    sendsUsage: true,
    body(body, { generated, sentTokens }) {
      if (body['usage'] !== null) return body;
      const { inputTokens } = generated.request;
      return {
        ...body,
        usage: {
          prompt_tokens: inputTokens,
          completion_tokens: sentTokens,
          total_tokens: inputTokens + sentTokens,
        },
      };
    },
  },
  // Mistral, DeepSeek: in the chunk with the finish reason. https://github.com/odysseus-dev/odysseus/pull/1703
  usage_with_finish: {
    sendsUsage: true,
    events: mergeUsage,
  },
  // Agnes: the usage chunk has an empty choice. https://github.com/diegosouzapw/OmniRoute/issues/9750
  usage_with_empty_choice: {
    sendsUsage: true,
    body: (body) => (isLastUsage(body) ? { ...body, choices: [{ index: 0, delta: {} }] } : withoutNull(body)),
  },
  // OpenRouter documentation, “Usage Accounting”; LiteLLM documentation, “Cost Tracking”.
  cost: {
    sendsCost: true,
  },
  // Perplexity API reference, “Chat Completions”, usage.cost.
  cost_object: {
    sendsCost: true,
    usage: ({ cost, ...usage }) => ({ ...usage, cost: { currency: 'USD', total_cost: cost } }),
  },
  // xAI documentation, “Cost Tracking”: 10⁻¹⁰ USD.
  cost_in_ticks: {
    sendsCost: true,
    usage: ({ cost, ...usage }) => ({ ...usage, cost_in_usd_ticks: Math.round((cost ?? 0) * 1e10) }),
  },
  // Proxies: events as application/json. https://github.com/vllm-project/vllm-ascend/issues/5033
  sse_as_json: {
    streamType: 'application/json',
  },
  // Proxies: events as text/plain. https://github.com/xiaoliu10/claude-code-router-next/issues/45
  sse_as_text: {
    streamType: 'text/plain; charset=utf-8',
  },
  // As sse_as_text: events without a content type.
  sse_without_type: { streamType: null },
  // Google: lines end with CRLF.
  crlf: { text: (text) => text.replaceAll('\n', '\r\n') },
  // Spring: no space after the colon. https://github.com/openai/openai-python/issues/498
  no_space: {
    text: (text) => text.replace(/^(\w+): /gm, '$1:'),
  },
  // OpenRouter: comments keep the connection alive.
  comments: {
    text: (text) => `: PROCESSING\n\n${text}`,
  },
  // Servers without [DONE]. https://github.com/ikawrakow/ik_llama.cpp/issues/467
  no_done: {
    text: (text) => (text === 'data: [DONE]\n\n' ? '' : text),
  },
  // Responses: the last event repeats all tools; 300 kB.
  large_last_event: {
    body: (body) => {
      const { response, usage, ...others } = body;
      if (body['type'] === 'response.completed')
        return { ...body, response: { ...(response as Body), tools: LARGE } };
      return isChatUsage(usage) ? { ...others, tools: LARGE, usage } : body;
    },
  },
  // OpenRouter, vLLM: status 200 with the status as a code. https://github.com/diegosouzapw/OmniRoute/issues/8210
  errors_in_200: {
    rejection: (reply) => ({ ...reply, status: 200, headers: {}, body: numbered(reply.body, reply.status) }),
    streamsRejection: true,
    body: (body) => (hasError(body) ? { choices: [], ...numbered(body, 502) } : body),
  },
  // Lemonade: the JSON of an error in an event stream. https://github.com/lemonade-sdk/lemonade/pull/2975
  error_unframed: {
    rejection: (reply, _, isEventStream) => ({
      status: 200,
      headers: { 'content-type': isEventStream ? 'text/event-stream' : 'application/json' },
      body: numbered(reply.body, reply.status),
    }),
  },
  // vLLM, Mistral: the body is the error. https://github.com/vllm-project/vllm/issues/12886
  error_without_member: {
    rejection: (reply) => ({ ...reply, body: flat(reply.body, reply.status) }),
    body: (body) => (hasError(body) ? flat(body, 500) : body),
  },
  // Google: the error is in a list. https://github.com/FuzzAnything/PromptFuzz/issues/42
  error_in_array: {
    rejection: (reply) => (typeof reply.body === 'string' ? reply : { ...reply, body: [reply.body] }),
  },
  // Google and its gateways: RetryInfo instead of retry-after.
  wait_in_body: {
    rejection: (reply, { retryAfter = 34 }) => ({
      ...reply,
      headers: {},
      body: withErrorMembers(reply.body, {
        details: [{ '@type': RETRY_INFO, retryDelay: `${retryAfter}s` }],
      }),
    }),
  },
});

/** Keeps the type of the table short, because it is published. */
function tableOf<Name extends string>(rows: Record<Name, Dialect>): Readonly<Record<Name, Dialect>> {
  return rows;
}

/** Names a dialect of the table. @publicApi */
export type DialectName = keyof typeof DIALECTS;

/** Thrown for an unknown dialect. @publicApi */
export class InvalidDialectError extends TypeError {
  override readonly name = 'InvalidDialectError';
  /** Identifies this class of errors; the same in every version. */
  readonly code = 'LLM_TELEMETRY_INVALID_DIALECT';
}

export function isDialect(name: string): name is DialectName {
  return Object.hasOwn(DIALECTS, name);
}

/** Parses names with spaces between them. @throws InvalidDialectError if a dialect is unknown. */
export function parseDialects(names: readonly string[]): readonly DialectName[] {
  return names.map((name) => {
    if (isDialect(name)) return name;
    throw new InvalidDialectError(`Unknown dialect "${name}". Allowed: ${Object.keys(DIALECTS).join(', ')}.`);
  });
}

function hasError({ error }: Body): boolean {
  return error !== undefined && error !== null;
}

function isLastUsage({ choices, usage }: Body): boolean {
  return isChatUsage(usage) && Array.isArray(choices) && choices.length === 0;
}

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** Tools of about 300 kB. */
const LARGE = Array.from({ length: 1000 }, (_, index) => ({
  type: 'function',
  name: `tool_${index}`,
  description:
    'Looks up the orders of a customer in the shop by their number, the date and the state. '.repeat(3),
}));

function reasoningOf({ completion_tokens_details: details }: ChatUsage): number {
  return details?.reasoning_tokens ?? 0;
}

function cachedOf({ prompt_tokens_details: details }: ChatUsage): number {
  return details?.cached_tokens ?? 0;
}

/** Returns the body of an error with members added to the error; HTML stays as it is. */
function withErrorMembers(body: unknown, members: Body): unknown {
  const error = (body as Body | undefined)?.['error'];
  if (typeof error === 'string') return { ...(body as Body), error: { message: error, ...members } };
  if (typeof error !== 'object' || error === null) return body;
  return { ...(body as Body), error: { ...error, ...members } };
}

function numbered(body: unknown, code: number): Body {
  return withErrorMembers(body, { code }) as Body;
}

function flat(body: unknown, code: number): Body {
  const { error } = body as Body;
  if (typeof error !== 'object' || error === null) return body as Body;
  return { object: 'error', ...error, code } as Body;
}
