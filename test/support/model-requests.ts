import { chat, message } from './prompts.js';

/** Request to a model, with the expected properties of its response. */
export interface ModelRequestCase {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Returns the request body for a prompt. */
  body(prompt?: string): Readonly<Record<string, unknown>>;
  readonly json: boolean;
  readonly usageSource: 'provider' | 'estimated';
  readonly finishReasons: readonly string[];
}

const openai = {
  path: '/v1/chat/completions',
  headers: { 'content-type': 'application/json', authorization: 'Bearer sk-canary-openai-key' },
  finishReasons: ['stop'],
};
const anthropic = {
  path: '/v1/messages',
  headers: {
    'content-type': 'application/json',
    'x-api-key': 'sk-ant-canary-key',
    'anthropic-version': '2023-06-01',
  },
  finishReasons: ['end_turn'],
};

/** One request for each kind of response. */
export const MODEL_REQUESTS = {
  'OpenAI JSON': {
    ...openai,
    body: (prompt?: string) => ({ ...chat(prompt) }),
    json: true,
    usageSource: 'provider',
  },
  'an OpenAI stream': {
    ...openai,
    body: (prompt?: string) => ({ ...chat(prompt), stream: true }),
    json: false,
    usageSource: 'estimated',
  },
  'an OpenAI stream with usage': {
    ...openai,
    body: (prompt?: string) => ({ ...chat(prompt), stream: true, stream_options: { include_usage: true } }),
    json: false,
    usageSource: 'provider',
  },
  'Anthropic JSON': {
    ...anthropic,
    body: (prompt?: string) => ({ ...message(prompt) }),
    json: true,
    usageSource: 'provider',
  },
  'an Anthropic stream': {
    ...anthropic,
    body: (prompt?: string) => ({ ...message(prompt), stream: true }),
    json: false,
    usageSource: 'provider',
  },
} satisfies Record<string, ModelRequestCase>;

/** The requests with streamed responses. */
export const STREAM_REQUESTS: ReadonlyArray<[string, ModelRequestCase]> = Object.entries(
  MODEL_REQUESTS,
).filter(([, request]) => !request.json);

/** Sends a request as an application would. */
export function post(
  fetch: typeof globalThis.fetch,
  baseUrl: string,
  request: ModelRequestCase,
  { prompt, ...init }: RequestInit & { prompt?: string } = {},
): Promise<Response> {
  return fetch(baseUrl + request.path, {
    method: 'POST',
    headers: request.headers,
    body: JSON.stringify(request.body(prompt)),
    ...init,
  });
}
