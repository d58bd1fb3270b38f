import type { ServerResponse } from 'node:http';
import type { RawRequest } from './raw-server.js';

/** Reply of the provider to one request. */
export type Reply =
  | 'ok'
  | 'empty'
  | 'malformed'
  | 'event error'
  | 'cut'
  | 'stall'
  | 'hang up'
  | 'silent'
  | 400
  | 401
  | 403
  | 404
  | 409
  | 422
  | 429
  | 500;

const USAGE = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
const TEXTS = ['Hel', 'lo', ' you'];

const CHAT = {
  json: {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-mini',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: TEXTS.join(''), refusal: null },
        finish_reason: 'stop',
        logprobs: null,
      },
    ],
    usage: USAGE,
  },
  events: [
    ...TEXTS.map((content) =>
      chunk([{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }]),
    ),
    chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
    { ...chunk([]), usage: USAGE },
  ].map((data) => ({ data, event: null as string | null })),
};

function chunk(choices: object[]): object {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-mini', choices };
}

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5',
  content: [{ type: 'text', text: TEXTS.join('') }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 3 },
};
const MESSAGES = {
  json: MESSAGE,
  events: [
    {
      type: 'message_start',
      message: { ...MESSAGE, content: [], stop_reason: null, usage: { input_tokens: 9, output_tokens: 1 } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...TEXTS.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 3 },
    },
    { type: 'message_stop' },
  ].map((data) => ({ data, event: data.type as string | null })),
};

const OTHERS: Readonly<Record<string, object>> = {
  '/v1/embeddings': {
    object: 'list',
    model: 'text-embedding-3-small',
    data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.5] }],
    usage: { prompt_tokens: 2, total_tokens: 2 },
  },
  '/v1/audio/transcriptions': { text: 'hello', usage: { type: 'duration', seconds: 3 } },
  '/v1/files': { id: 'file-1', object: 'file', bytes: 5, filename: 'a.txt', purpose: 'assistants' },
};

/** Sends a reply in the format of the path, without headers that differ between requests. */
export function reply(response: ServerResponse, request: RawRequest, how: Reply): void {
  response.sendDate = false;
  response.setHeader('x-request-id', 'req_1');
  response.setHeader('request-id', 'req_1');
  const path = request.path.split('?')[0]!;
  const isMessages = path === '/v1/messages';
  const { json, events } = isMessages ? MESSAGES : CHAT;
  if (typeof how === 'number') {
    const error = { type: 'an_error', code: 'a_code', message: `status ${how}`, param: null };
    response.writeHead(how, { 'content-type': 'application/json', 'retry-after-ms': '1' });
    response.end(JSON.stringify(isMessages ? { type: 'error', error } : { error }));
    return;
  }
  if (how === 'hang up') return void response.socket!.destroy();
  if (how === 'silent') return;
  if (how === 'empty') return void response.writeHead(204).end();
  if (how === 'malformed') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":');
    return;
  }
  if (!request.body.includes('"stream":true')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    const text = JSON.stringify(OTHERS[path] ?? json);
    if (how === 'ok') response.end(text);
    else response.write(text.slice(0, 20), () => how === 'cut' && response.socket!.destroy());
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const asked = isMessages || request.body.includes('"include_usage":true');
  const written = (asked ? events : events.slice(0, -1)).map(
    ({ event, data }) => `${event === null ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`,
  );
  if (how === 'ok') response.end(written.join('') + (isMessages ? '' : 'data: [DONE]\n\n'));
  else if (how === 'event error') {
    const error = { type: 'overloaded_error', message: 'Overloaded' };
    response.write(written[0]!);
    response.end(
      `event: error\ndata: ${JSON.stringify(isMessages ? { type: 'error', error } : { error })}\n\n`,
    );
  } else response.write(written.slice(0, 3).join(''), () => how === 'cut' && response.socket!.destroy());
}
