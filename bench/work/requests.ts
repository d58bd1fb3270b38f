import { request, type Agent } from 'node:http';
import { json } from 'node:stream/consumers';
import { PROMPT, SYSTEM, type Work } from './work.js';

/** Requests without an SDK, in the formats of providers whose SDKs the bench does not install. */

interface ModelRequest {
  readonly path: string;
  readonly body: object;
}

const GEMINI = '/v1beta/models/gemini-2.5-flash';
const CONVERSE = '/model/anthropic.claude-haiku-4-5-20251001-v1:0';
const PARTS = [{ text: PROMPT }];
const MESSAGES = [
  { role: 'system', content: SYSTEM },
  { role: 'user', content: PROMPT },
];

const GEMINI_BODY = {
  systemInstruction: { parts: [{ text: SYSTEM }] },
  contents: [{ role: 'user', parts: PARTS }],
  generationConfig: { maxOutputTokens: 300, temperature: 0.2 },
};
const CONVERSE_BODY = {
  system: [{ text: SYSTEM }],
  messages: [{ role: 'user', content: PARTS }],
  inferenceConfig: { maxTokens: 300, temperature: 0.2 },
};

export const REQUESTS = {
  geminiCall: { path: `${GEMINI}:generateContent`, body: GEMINI_BODY },
  geminiStream: { path: `${GEMINI}:streamGenerateContent?alt=sse`, body: GEMINI_BODY },
  converseCall: { path: `${CONVERSE}/converse`, body: CONVERSE_BODY },
  converseStream: { path: `${CONVERSE}/converse-stream`, body: CONVERSE_BODY },
  ollamaCall: { path: '/api/chat', body: { model: 'llama3.2', messages: MESSAGES, stream: false } },
  ollamaStream: { path: '/api/chat', body: { model: 'llama3.2', messages: MESSAGES, stream: true } },
  chatCall: {
    path: '/v1/chat/completions',
    body: { model: 'gpt-4o-mini', max_tokens: 300, temperature: 0.2, messages: MESSAGES },
  },
} as const satisfies Record<string, ModelRequest>;

const HEADERS = { 'content-type': 'application/json' };

/** Sends a request by `fetch` and parses the response. */
export function fetchedJson(fetch: typeof globalThis.fetch, baseUrl: string, sent: ModelRequest): Work {
  return async () => await (await send(fetch, baseUrl, sent)).json();
}

/** Sends a request by `fetch` and decodes the stream, without parsing its events. */
export function fetchedStream(fetch: typeof globalThis.fetch, baseUrl: string, sent: ModelRequest): Work {
  return async () => {
    const { body } = await send(fetch, baseUrl, sent);
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of body!) text += decoder.decode(chunk, { stream: true });
    return text;
  };
}

/** Sends a request by `node:http` and parses the response. */
export function requestedJson(agent: Agent, baseUrl: string, { path, body }: ModelRequest): Work {
  return () =>
    new Promise((resolve, reject) => {
      const sent = request(baseUrl + path, { method: 'POST', headers: HEADERS, agent }, (response) => {
        json(response).then(resolve, reject);
      });
      sent.on('error', reject).end(JSON.stringify(body));
    });
}

function send(
  fetch: typeof globalThis.fetch,
  baseUrl: string,
  { path, body }: ModelRequest,
): Promise<Response> {
  return fetch(baseUrl + path, { method: 'POST', headers: HEADERS, body: JSON.stringify(body) });
}
