import type { ServerResponse } from 'node:http';
import { Controller, Get, Injectable, UseFilters } from '@nestjs/common';
import { LlmCall, LlmExceptionFilter } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import request from 'supertest';
import { StubbedApp } from '../support/stubbed-app.js';

const REQUESTS = {
  chat: ['/v1/chat/completions', { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] }],
  completions: ['/v1/completions', { model: 'gpt-3.5-turbo-instruct', prompt: 'Hi' }],
  responses: ['/v1/responses', { model: 'gpt-4o-mini', input: 'Hi' }],
  embeddings: ['/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' }],
  images: ['/v1/images/generations', { model: 'gpt-image-1', prompt: 'A cat' }],
  messages: [
    '/v1/messages',
    { model: 'claude-haiku-4-5', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] },
  ],
} as const;

type Api = keyof typeof REQUESTS | 'transcriptions';

function requestTo(api: Api): readonly [path: string, init: RequestInit] {
  if (api === 'transcriptions') {
    const form = new FormData();
    form.set('model', 'whisper-1');
    form.set('file', new Blob(['RIFF']), 'a.wav');
    return ['/v1/audio/transcriptions', { method: 'POST', body: form }];
  }
  const [path, body] = REQUESTS[api];
  return [path, { method: 'POST', body: JSON.stringify(body) }];
}

/** Body of a response: text, JSON or events. */
type Body = string | object | { readonly events: ReadonlyArray<object | string> };

interface Case {
  readonly api: Api;
  readonly of: string;
  readonly body: Body;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const usage = { prompt_tokens: 9, completion_tokens: 0 };
const choice = (message: object, finish_reason: string | null = 'stop'): object => ({
  id: 'chatcmpl-1',
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
  usage,
});
const chunk = (delta: object, finish_reason: string | null = null): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
});
const claude = (content: unknown, stop_reason = 'end_turn'): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5-20251001',
  content,
  stop_reason,
  usage: { input_tokens: 19, output_tokens: 0 },
});
const start = { type: 'message_start', message: { ...claude([]), stop_reason: null } };
const end = (stop_reason: string): object[] => [
  { type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 0 } },
  { type: 'message_stop' },
];
const block = (content_block: object): object => ({ type: 'content_block_start', index: 0, content_block });
const response = (output: unknown, status = 'completed', more: object = {}): object => ({
  id: 'resp_1',
  object: 'response',
  status,
  model: 'gpt-4o-mini-2024-07-18',
  output,
  usage: { input_tokens: 9, output_tokens: 0 },
  ...more,
});
const message = (text: string): object => ({ type: 'message', content: [{ type: 'output_text', text }] });

/** Successful responses without content. `billed`: the provider reported usage. */
const EMPTY: ReadonlyArray<Case & { readonly billed?: true }> = [
  { api: 'chat', of: 'no body', body: '' },
  { api: 'chat', of: 'no body and no content-length', body: '', headers: { 'transfer-encoding': 'chunked' } },
  { api: 'chat', of: 'status 204', body: '', status: 204 },
  { api: 'chat', of: 'white space', body: ' \n\n ' },
  { api: 'chat', of: '{}', body: {} },
  { api: 'chat', of: 'null', body: 'null' },
  { api: 'chat', of: 'a list', body: '[]' },
  { api: 'chat', of: 'no choices', body: { id: 'x', object: 'chat.completion', choices: [] } },
  // vercel/ai#20351
  { api: 'chat', of: 'no choices, with usage', body: { choices: [], usage }, billed: true },
  // langchain-ai/langchainjs#11417
  { api: 'chat', of: 'no list of choices', body: { id: 'x', object: 'chat.completion' } },
  { api: 'chat', of: 'an empty text', body: choice({ content: '', refusal: null }), billed: true },
  { api: 'chat', of: 'no text', body: choice({ content: null, tool_calls: [] }), billed: true },
  { api: 'chat', of: 'a stream without a byte', body: { events: [] } },
  { api: 'chat', of: 'a stream with [DONE] only', body: { events: ['[DONE]'] } },
  {
    api: 'chat',
    of: 'a stream with only an end',
    body: { events: [chunk({ role: 'assistant', content: '' }), chunk({}, 'stop'), '[DONE]'] },
  },
  {
    api: 'completions',
    of: 'an empty text',
    body: { choices: [{ text: '', finish_reason: 'stop' }], usage },
    billed: true,
  },
  { api: 'completions', of: 'a stream with [DONE] only', body: { events: ['[DONE]'] } },
  // BerriAI/litellm#40294: a model declines in this way.
  { api: 'messages', of: 'no blocks at end_turn', body: claude([]), billed: true },
  { api: 'messages', of: 'an empty block of text', body: claude([{ type: 'text', text: '' }]), billed: true },
  // tale-project/tale#3401, traceloop/openllmetry#4362
  {
    api: 'messages',
    of: 'a stream without blocks',
    body: { events: [start, ...end('end_turn')] },
    billed: true,
  },
  { api: 'messages', of: 'a stream without a byte', body: { events: [] } },
  { api: 'messages', of: '{}', body: {} },
  { api: 'responses', of: 'no output', body: response([]), billed: true },
  { api: 'responses', of: 'an empty text', body: response([message('')]), billed: true },
  {
    api: 'responses',
    of: 'reasoning without a text',
    body: response([{ type: 'reasoning', summary: [] }]),
    billed: true,
  },
  {
    api: 'responses',
    of: 'a stream without output',
    body: {
      events: [
        { type: 'response.created', response: response([], 'in_progress') },
        { type: 'response.completed', response: response([]) },
      ],
    },
    billed: true,
  },
  {
    api: 'embeddings',
    of: 'no vectors',
    body: { object: 'list', data: [], usage: { prompt_tokens: 2 } },
    billed: true,
  },
  { api: 'embeddings', of: '{}', body: {} },
  { api: 'embeddings', of: 'no vectors, without usage', body: { object: 'list', data: [] } },
  { api: 'images', of: 'no pictures', body: { created: 1, data: [] } },
];

/** Responses that have content or a legitimate reason to have none. `finish`: their finish reason. */
const LEGITIMATE: ReadonlyArray<Case & { readonly finish: string | null; readonly failure?: string }> = [
  { api: 'chat', of: 'a text', body: choice({ content: 'Hello' }), finish: 'stop' },
  {
    api: 'chat',
    of: 'tool calls',
    body: choice({ content: null, tool_calls: [{ id: 'call_1' }] }, 'tool_calls'),
    finish: 'tool_calls',
  },
  {
    api: 'chat',
    of: 'a function call that ends with stop',
    body: choice({ content: null, function_call: { name: 'f', arguments: '' } }),
    finish: 'stop',
  },
  { api: 'chat', of: 'a refusal', body: choice({ content: null, refusal: 'I cannot' }), finish: 'refusal' },
  {
    api: 'chat',
    of: 'reasoning that hit the limit',
    body: choice({ content: '' }, 'length'),
    finish: 'length',
  },
  {
    api: 'chat',
    of: 'a filtered text',
    body: choice({ content: '' }, 'content_filter'),
    finish: 'content_filter',
    failure: 'content_filter',
  },
  {
    api: 'chat',
    of: 'reasoning only',
    body: choice({ content: '', reasoning_content: 'Hm' }),
    finish: 'stop',
  },
  {
    api: 'chat',
    of: 'audio',
    body: choice({ content: null, audio: { id: 'a', data: 'AAAA' } }),
    finish: 'stop',
  },
  {
    api: 'chat',
    of: 'pictures of a proxy',
    body: choice({ content: '', images: [{ type: 'image_url' }] }),
    finish: 'stop',
  },
  { api: 'chat', of: 'an unknown shape', body: { result: { response: 'Hello' } }, finish: null },
  { api: 'chat', of: 'a page', body: '<html>Sign in</html>', finish: null },
  {
    api: 'chat',
    of: 'a stream of tool calls',
    body: {
      events: [
        chunk({ tool_calls: [{ index: 0, function: { name: 'f', arguments: '' } }] }),
        chunk({}, 'stop'),
        '[DONE]',
      ],
    },
    finish: 'stop',
  },
  { api: 'messages', of: 'a paused turn', body: claude([], 'pause_turn'), finish: 'paused' },
  { api: 'messages', of: 'a refusal', body: claude([], 'refusal'), finish: 'refusal' },
  {
    api: 'messages',
    of: 'a call of a tool',
    body: claude([{ type: 'tool_use', name: 'f', input: {} }], 'tool_use'),
    finish: 'tool_calls',
  },
  {
    api: 'messages',
    of: 'a streamed tool call without arguments',
    body: { events: [start, block({ type: 'tool_use', name: 'f', input: {} }), ...end('end_turn')] },
    finish: 'stop',
  },
  {
    api: 'messages',
    of: 'thinking only',
    body: claude([{ type: 'thinking', thinking: 'Hm' }]),
    finish: 'stop',
  },
  {
    api: 'responses',
    of: 'a response in the background',
    body: response([], 'queued', { usage: null }),
    finish: 'paused',
  },
  {
    api: 'responses',
    of: 'reasoning that hit the limit',
    body: response([{ type: 'reasoning', summary: [] }], 'incomplete', {
      incomplete_details: { reason: 'max_output_tokens' },
    }),
    finish: 'length',
  },
  {
    api: 'responses',
    of: 'a call of a tool',
    body: response([{ type: 'function_call', name: 'f', arguments: '{}' }]),
    finish: 'tool_calls',
  },
  {
    api: 'responses',
    of: 'a streamed item that the end does not repeat',
    body: {
      events: [
        { type: 'response.output_item.done', item: message('Hi') },
        { type: 'response.completed', response: response([]) },
      ],
    },
    finish: 'stop',
  },
  { api: 'embeddings', of: 'a vector', body: { data: [{ embedding: [0.1] }] }, finish: null },
  { api: 'images', of: 'a picture', body: { data: [{ b64_json: 'AAAA' }] }, finish: null },
  { api: 'transcriptions', of: 'silence', body: { text: '' }, finish: null },
  { api: 'transcriptions', of: 'silence in a text format', body: '\n', finish: null },
];

function isStream(body: Body): body is { readonly events: ReadonlyArray<object | string> } {
  return typeof body === 'object' && 'events' in body;
}

function write(answer: ServerResponse, { body, status = 200, headers = {} }: Case): void {
  const text =
    typeof body === 'string'
      ? body
      : isStream(body)
        ? body.events
            .map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
            .join('')
        : JSON.stringify(body);
  answer.writeHead(status, {
    'content-type': isStream(body) ? 'text/event-stream' : 'application/json',
    ...headers,
  });
  answer.end(text);
}

/** Ways in which an application reads a body. */
const BODY_READERS: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  text: (answer) => answer.text(),
  json: (answer) => answer.json().catch(() => undefined),
  stream: async ({ body }) => {
    for await (const bytes of body ?? []) void bytes;
  },
};

@Injectable()
class Assistant {
  client!: OpenAI;

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(): Promise<string> {
    const completion = await this.client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    return completion.choices[0]!.message.content!;
  }
}

@Controller()
@UseFilters(new LlmExceptionFilter({ message: 'Summary service unavailable' }))
class Summaries {
  constructor(private readonly assistant: Assistant) {}

  @Get('summary')
  summary(): Promise<string> {
    return this.assistant.summarize();
  }
}

describe('an empty response with a successful status', () => {
  const lab = new StubbedApp({ providers: [Assistant], controllers: [Summaries] });
  const { spans, records } = lab;
  beforeAll(() => {
    const baseURL = `${lab.server.url}/v1`;
    lab.telemetry.get(Assistant).client = new OpenAI({ apiKey: 'sk-x', baseURL, maxRetries: 0 });
  });

  const recordOf = async (one: Case, read: (response: Response) => Promise<unknown>) => {
    lab.server.respond = (_, answer) => write(answer, one);
    const [path, init] = requestTo(one.api);
    await lab.send(path, init, 'summarize', read);
    return records.only();
  };
  const readings = (cases: readonly Case[]) =>
    cases.flatMap((one) =>
      Object.keys(BODY_READERS)
        .filter((reading) => !isStream(one.body) || reading !== 'json')
        .map((reading) => [one.api, one.of, reading, one] as const),
    );

  it.each(readings(EMPTY))(
    'of %s with %s is recorded as empty_response when it is read through %s',
    async (_api, _of, reading, one) => {
      const record = await recordOf(one, BODY_READERS[reading]!);
      const { billed } = one as (typeof EMPTY)[number];
      expect(record).toMatchObject({
        failure: { type: 'empty_response', errorClass: 'empty_response' },
        attempts: [{ ending: 'finished', failure: { type: 'empty_response' } }],
        usage: billed ? { source: 'provider' } : null,
        cost: billed ? {} : { source: null, costUsd: 0 },
      });
      const [call] = await spans.calls();
      expect(call!.status.message).toBe('Response has no content');
      expect(call!.attributes['llm.error_type']).toBe('empty_response');
    },
  );

  it.each(readings(LEGITIMATE))(
    'is not detected in %s with %s when it is read through %s',
    async (_api, _of, reading, one) => {
      const { finish, failure } = one as (typeof LEGITIMATE)[number];
      const record = await recordOf(one, BODY_READERS[reading]!);
      expect(record.failure?.type).toBe(failure);
      expect(record.finishReason).toBe(finish);
    },
  );

  it('results in a 503 of LlmExceptionFilter if the method fails with a TypeError', async () => {
    lab.server.respond = (_, answer) =>
      write(
        answer,
        EMPTY.find(({ of }) => of === 'no choices, with usage')!,
      );
    const { status, body } = await request(lab.telemetry.app.getHttpServer()).get('/summary');
    expect({ status, body: body as unknown }).toEqual({
      status: 503,
      body: { statusCode: 503, message: 'Summary service unavailable', errorType: 'empty_response' },
    });
    expect((await records.only()).failure).toEqual({ type: 'empty_response', errorClass: 'TypeError' });
  });

  it('is not detected in a stream that is cut or that the application leaves', async () => {
    lab.server.respond = (_, answer) => write(answer, { api: 'messages', of: '', body: { events: [start] } });
    const [path, init] = requestTo('messages');
    await lab.send(path, init);
    expect((await records.only()).attempts[0]!.failure?.type).toBe('stream_cut');
    records.clear();
    await lab.send(path, init, 'summarize', ({ body }) => body!.cancel());
    expect((await records.only()).failure).toBeNull();
  });
});
