import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { firstValueFrom } from 'rxjs';
import { axios, got, HttpService, ky, nodeFetch, undiciFetch, UndiciRequest } from '../sdks/http-packages.js';
import { StubbedApp } from '../support/stubbed-app.js';

const BODY = { model: 'mistral-small-latest', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] };
const USAGE = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
const MESSAGE = { index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' };
const CUT = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hello there' } }] })}\n\n`;
const EVENTS = `${CUT}data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: USAGE })}\n\ndata: [DONE]\n\n`;

const ANSWERS = {
  good: (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 'c1', model: 'mistral-small-2506', choices: [MESSAGE], usage: USAGE }));
  },
  refused: (response: ServerResponse) => {
    response.writeHead(429, { 'content-type': 'application/json' });
    response.end('{"object":"error","message":"slow down","type":"rate_limited","code":"1300"}');
  },
  stream: (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(EVENTS);
  },
  cut: (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(CUT, () => response.socket!.end());
  },
} as const;
type Answer = keyof typeof ANSWERS;

const stubbed = new StubbedApp();
const PATH = '/v1/chat/completions';
const JSON_TYPE = { 'content-type': 'application/json' };

/** Runs `use` in a call with the given answers, and returns its record. */
async function recordOf(
  answers: readonly Answer[],
  use: (url: string) => Promise<unknown>,
): Promise<CallRecord> {
  const left = [...answers];
  stubbed.server.respond = (_request: IncomingMessage, response) => ANSWERS[left.shift()!](response);
  const run = stubbed.telemetry
    .get(LlmTelemetry)
    .run({ feature: 'transports', operation: 'ask' }, () => use(stubbed.server.url + PATH));
  await run.catch(() => {});
  await stubbed.telemetry.flush();
  expect(stubbed.records.now).toHaveLength(1);
  return stubbed.records.now[0]!;
}

const GOOD = {
  provider: expect.any(String),
  requestModel: 'mistral-small-latest',
  responseModel: 'mistral-small-2506',
  finishReason: 'stop',
  failure: null,
  isRetry: false,
  usage: { inputTokens: 9, outputTokens: 3, source: 'provider' },
};

/** Sends with the given body and resolves with the text of the response. */
type Send = (url: string, body: object) => Promise<unknown>;

const SENDERS: Readonly<Record<string, Send>> = {
  'fetch(new Request())': async (url, body) =>
    (
      await fetch(new Request(url, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) }))
    ).text(),
  // As ky does: open-telemetry/opentelemetry-js#7037.
  'fetch(request, init)': async (url, body) => {
    const request = new Request(url, { method: 'POST', body: JSON.stringify(body) });
    return (await fetch(request, { headers: JSON_TYPE })).text();
  },
  ky: (url, body) => ky.post(url, { json: body, retry: 0, throwHttpErrors: false }).text(),
  'axios, adapter fetch': (url, body) => axios.post(url, body, { adapter: 'fetch', responseType: 'text' }),
  'wrapFetch(npm undici)': async (url, body) => {
    const wrapped = wrapFetch(undiciFetch);
    return (await wrapped(url, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) })).text();
  },
  'wrapFetch(npm undici) with its Request': async (url, body) => {
    const request = new UndiciRequest(url, { method: 'POST', body: JSON.stringify(body) });
    return (await wrapFetch(undiciFetch)(request as unknown as Request)).text();
  },
  'wrapFetch(npm undici), read by chunks': async (url, body) => {
    const response = await wrapFetch(undiciFetch)(url, { method: 'POST', body: JSON.stringify(body) });
    return text(response.body as never);
  },
  'node-fetch': async (url, body) =>
    (await nodeFetch(url, { method: 'POST', body: JSON.stringify(body) })).text(),
  'wrapFetch(node-fetch)': async (url, body) =>
    (await wrapFetch(nodeFetch)(url, { method: 'POST', body: JSON.stringify(body) })).text(),
  'wrapFetch(node-fetch), read by chunks': async (url, body) => {
    const response = await wrapFetch(nodeFetch)(url, { method: 'POST', body: JSON.stringify(body) });
    return text(response.body as never);
  },
  axios: (url, body) => axios.post(url, body, { responseType: 'text' }),
  HttpModule: (url, body) => firstValueFrom(new HttpService().post(url, body, { responseType: 'text' })),
  got: (url, body) => got.post(url, { json: body, retry: { limit: 0 }, throwHttpErrors: false }).text(),
  'http.request': (url, body) =>
    new Promise((resolve, reject) => {
      const request = httpRequest(url, { method: 'POST' });
      request.on('response', (response) => void text(response).then(resolve, reject));
      request.on('error', reject).end(JSON.stringify(body));
    }),
};

function wrapFetch(custom: unknown): typeof fetch {
  return stubbed.telemetry.get(LlmTelemetry).wrapFetch(custom as typeof fetch);
}

describe.each(Object.entries(SENDERS))('a model request by %s', (_name, send) => {
  it('is recorded with its parameters, usage and finish reason', async () => {
    const record = await recordOf(['good'], (url) => send(url, BODY));
    expect(record.attempts).toMatchObject([GOOD]);
    expect(record.attempts[0]!.parameters).toMatchObject({ maxTokens: 50, stream: false });
  });

  it('is recorded with its model and error type if it is refused', async () => {
    const record = await recordOf(['refused'], (url) => send(url, BODY));
    expect(record.attempts).toMatchObject([
      { requestModel: 'mistral-small-latest', failure: { type: 'rate_limit' }, usage: null },
    ]);
  });

  it('is recorded as a retry if it repeats a refused one', async () => {
    const record = await recordOf(['refused', 'good'], async (url) => {
      await send(url, BODY).catch(() => {});
      await send(url, BODY);
    });
    expect(record.attempts).toMatchObject([
      { failure: { type: 'rate_limit' }, isRetry: false },
      { ...GOOD, isRetry: true },
    ]);
  });

  it('is recorded with the usage of its stream', async () => {
    const record = await recordOf(['stream'], (url) => send(url, { ...BODY, stream: true }));
    expect(record.attempts).toMatchObject([{ ...GOOD, responseModel: null, parameters: { stream: true } }]);
  });

  it('is recorded as cut with an estimated usage if its stream breaks', async () => {
    const record = await recordOf(['cut'], (url) => send(url, { ...BODY, stream: true }));
    expect(record.attempts).toMatchObject([
      {
        requestModel: 'mistral-small-latest',
        failure: { type: 'stream_cut' },
        usage: { source: 'estimated' },
      },
    ]);
    expect(record.attempts[0]!.usage!.inputTokens).toBeGreaterThan(0);
  });
});

describe('a Request to a known host', () => {
  it('has the span and the record of its parameters, and is a retry although the refused body is unread', async () => {
    // Sends to the stub what is addressed to the provider.
    const redirected = wrapFetch(async (request: Request) => {
      const { method, headers } = request;
      return fetch(stubbed.server.url + '/elsewhere', { method, headers, body: await request.text() });
    });
    const record = await recordOf(['refused', 'good'], async () => {
      const request = new Request('https://api.mistral.ai/v1/chat/completions', {
        method: 'POST',
        headers: { authorization: 'Bearer sk-a' },
        body: JSON.stringify({ ...BODY, stop: ['END'] }),
      });
      await redirected(request.clone());
      await (await redirected(request)).json();
    });
    expect(record.attempts).toMatchObject([
      { provider: 'mistral_ai', requestModel: 'mistral-small-latest', failure: { type: 'rate_limit' } },
      { ...GOOD, isRetry: true },
    ]);
    const spans = await stubbed.spans.attempts();
    expect(spans.map(({ name }) => name)).toEqual(['chat mistral-small-latest', 'chat mistral-small-latest']);
    expect(spans[1]!.attributes).toMatchObject({
      'gen_ai.request.model': 'mistral-small-latest',
      'gen_ai.request.max_tokens': 50,
    });
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('END');
  });
});

describe('requests of node:http', () => {
  // https://github.com/googleapis/cloud-trace-nodejs/pull/438, https://github.com/DataDog/dd-trace-js/pull/210
  it('have no listener of the library and a paused response', async () => {
    stubbed.server.respond = (_request, response) => ANSWERS.good(response);
    const request = httpRequest(stubbed.server.url + PATH, { method: 'POST' }).end(JSON.stringify(BODY));
    const listeners = request.eventNames();
    const response = await new Promise<IncomingMessage>((resolve) => request.on('response', resolve));
    expect(listeners).toEqual([]);
    expect(response.readableFlowing).toBeNull();
    expect(response.eventNames()).toEqual(['end']);
    await text(response);
  });

  it('are recorded if their headers are given as an array', async () => {
    const record = await recordOf(['good'], async (url) => {
      const headers = ['host', new URL(url).host, 'x-stainless-retry-count', '1', 'connection', 'close'];
      const request = httpRequest(url, { method: 'POST', headers }).end(JSON.stringify(BODY));
      await text(await new Promise<IncomingMessage>((resolve) => request.on('response', resolve)));
    });
    expect(record.attempts).toMatchObject([{ ...GOOD, isRetry: true }]);
    expect(record.attempts[0]!.server).toMatchObject({ port: Number(new URL(stubbed.server.url).port) });
  });

  it('are recorded if a slash ends their path', async () => {
    const record = await recordOf(['good'], (url) => axios.post(`${url}/?x=1`, BODY));
    expect(record.attempts).toMatchObject([GOOD]);
  });

  it('are not recorded if they are no model requests', async () => {
    stubbed.server.respond = (_request, response) => void response.end('{}');
    const { url } = stubbed.server;
    await stubbed.telemetry.get(LlmTelemetry).run({ feature: 'transports', operation: 'other' }, async () => {
      await axios.post(
        `${url}/v3/mail.example/messages`,
        new URLSearchParams({ from: 'a', to: 'b', text: 'c' }),
      );
      await axios.post(`${url}/v1/embeddings`, { documents: ['a'] });
      await axios.get(`${url}${PATH}`);
      await axios.post(`${url}/chain/invoke`, { input: 'a' });
    });
    await stubbed.telemetry.flush();
    expect(stubbed.records.now.map(({ attempts }) => attempts.length)).toEqual([0]);
  });

  it('are recorded outside of calls', async () => {
    stubbed.server.respond = (_request, response) => ANSWERS.good(response);
    await axios.post(stubbed.server.url + PATH, BODY);
    await stubbed.telemetry.flush();
    expect(stubbed.records.now).toMatchObject([{ feature: 'unattributed', attempts: [GOOD] }]);
  });

  it('are recorded as a timeout if a timeout of the client aborts them', async () => {
    const timeouts: Readonly<Record<string, Send>> = {
      axios: (url, body) => axios.post(url, body, { timeout: 20 }),
      got: (url, body) => got.post(url, { json: body, retry: { limit: 0 }, timeout: { request: 20 } }).text(),
      'http.request with AbortSignal.timeout': (url, body) =>
        new Promise((_resolve, reject) => {
          httpRequest(url, { method: 'POST', signal: AbortSignal.timeout(20) })
            .on('error', reject)
            .end(JSON.stringify(body));
        }),
      'axios with AbortSignal.timeout': (url, body) =>
        axios.post(url, body, { signal: AbortSignal.timeout(20) }),
      'node-fetch': (url, body) =>
        nodeFetch(url, {
          method: 'POST',
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(20) as never,
        }),
    };
    const types: Record<string, unknown> = {};
    for (const [name, send] of Object.entries(timeouts)) {
      stubbed.server.respond = () => {};
      stubbed.records.clear();
      await stubbed.telemetry
        .get(LlmTelemetry)
        .run({ feature: 'transports', operation: 'ask' }, () => send(stubbed.server.url + PATH, BODY))
        .catch(() => {});
      await stubbed.telemetry.flush();
      types[name] = stubbed.records.now[0]?.attempts[0]?.failure?.type;
    }
    expect(types).toEqual({
      axios: 'timeout',
      got: 'timeout',
      'http.request with AbortSignal.timeout': 'timeout',
      'axios with AbortSignal.timeout': 'aborted',
      'node-fetch': 'aborted',
    });
  });
});
