/**
 * Starts each test tool as its documentation shows. A tool responds to `POST URL` with the result of `respond` for the
 * body of the request. Each function returns a function that removes the tool.
 */
import { mock } from 'node:test';

/** Nonexistent host, so that a request that is not intercepted fails. */
export const ORIGIN = 'https://llm.invalid';
export const PATH = '/v1/chat/completions';
const URL_OF_MODEL = `${ORIGIN}${PATH}`;

const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
const MESSAGE = { role: 'assistant', content: 'Hello.' };
const HEAD = { id: 'chatcmpl-1', created: 1, model: 'gpt-4o-mini-2024-07-18' };

/** A chat completion, as JSON or as server-sent events. */
export function respond(body) {
  const { stream } = JSON.parse(body);
  if (!stream) {
    const choices = [{ index: 0, message: MESSAGE, finish_reason: 'stop' }];
    return {
      type: 'application/json',
      text: JSON.stringify({ ...HEAD, object: 'chat.completion', choices, usage: USAGE }),
    };
  }
  const events = [
    { choices: [{ index: 0, delta: MESSAGE, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { choices: [], usage: USAGE },
  ].map((event) => `data: ${JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', ...event })}\n\n`);
  return { type: 'text/event-stream', text: `${events.join('')}data: [DONE]\n\n` };
}

async function fakeFetch(_url, init) {
  const { type, text } = respond(init.body);
  return new Response(text, { headers: { 'content-type': type } });
}

const msw = (version) => async () => {
  const { http, HttpResponse } = await import(`msw-${version}`);
  const { setupServer } = await import(`msw-${version}/node`);
  const server = setupServer(
    http.post(URL_OF_MODEL, async ({ request }) => {
      const { type, text } = respond(await request.text());
      return new HttpResponse(text, { headers: { 'content-type': type } });
    }),
  );
  server.listen({ onUnhandledRequest: 'bypass' });
  return () => server.close();
};

const nock = (version) => async () => {
  const loaded = await import(`nock-${version}`);
  const tool = loaded.default ?? loaded;
  if (!tool.isActive()) tool.activate();
  tool(ORIGIN)
    .persist()
    .post(PATH)
    .reply(async (...args) => {
      // nock 15 passes the `Request`, earlier versions the path and the parsed body.
      const { type, text } = respond(version < 15 ? JSON.stringify(args[1]) : await args[0].text());
      return [200, text, { 'content-type': type }];
    });
  return () => {
    tool.cleanAll();
    tool.restore();
  };
};

async function undiciAgent() {
  const { MockAgent, getGlobalDispatcher, setGlobalDispatcher } = await import('undici');
  const before = getGlobalDispatcher();
  const agent = new MockAgent();
  agent.disableNetConnect();
  agent.enableNetConnect('127.0.0.1');
  agent
    .get(ORIGIN)
    .intercept({ path: PATH, method: 'POST' })
    .reply(({ body }) => {
      const { type, text } = respond(body);
      return { statusCode: 200, data: text, responseOptions: { headers: { 'content-type': type } } };
    })
    .persist();
  setGlobalDispatcher(agent);
  return () => setGlobalDispatcher(before);
}

async function assignment() {
  const original = globalThis.fetch;
  globalThis.fetch = fakeFetch;
  return () => {
    globalThis.fetch = original;
  };
}

export const TOOLS = {
  'msw-2': msw(2),
  'msw-3': msw(3),
  'nock-13': nock(13),
  'nock-14': nock(14),
  'nock-15': nock(15),
  undici: undiciAgent,
  assignment,
  'node:test': async () => {
    const { mock: spy } = mock.method(globalThis, 'fetch', fakeFetch);
    return () => spy.restore();
  },
};
