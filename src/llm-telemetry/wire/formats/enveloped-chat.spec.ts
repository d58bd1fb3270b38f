import '../../../../test/support/loaded-wire.js';
import type { BuiltInFormat } from './format.js';
import { emptyResponse } from '../response-draft.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { NO_HEADERS } from '../headers.js';
import { dashscope } from './dashscope.js';
import { snowflakeCortex, snowflakeEmbeddings } from './snowflake-cortex.js';
import { workersAiChat, workersAiPrompt } from './workers-ai.js';

type Json = Readonly<Record<string, unknown>>;

function contentOf(format: BuiltInFormat, request: Json, events: readonly Json[]): readonly unknown[] {
  const reader = format.content!(1000);
  for (const event of events) reader.readEvent(event);
  reader.readRequest(request);
  return reader.output().map(({ parts }) => parts);
}

function dashscopeEvent(content: unknown, reason = 'null'): Json {
  return { output: { choices: [{ message: { role: 'assistant', content }, finish_reason: reason }] } };
}

describe('content of DashScope', () => {
  const WHOLE = [dashscopeEvent('ha'), dashscopeEvent('haha'), dashscopeEvent('haha', 'stop')];
  const PIECES = [dashscopeEvent('ha'), dashscopeEvent('ha'), dashscopeEvent('', 'stop')];
  const TEXT = [[{ type: 'text', content: 'haha' }]];

  it('has the text once if each event contains all of it', () => {
    expect(contentOf(dashscope, {}, WHOLE)).toEqual(TEXT);
  });

  it('has the whole text if the request asks for increments', () => {
    expect(contentOf(dashscope, { parameters: { incremental_output: true } }, PIECES)).toEqual(TEXT);
  });

  it('has the whole text if events have increments without being asked for', () => {
    expect(contentOf(dashscope, {}, [dashscopeEvent('Hel'), dashscopeEvent('lo', 'stop')])).toEqual([
      [{ type: 'text', content: 'Hello' }],
    ]);
  });

  it('joins the parts of an event and reads those of a request', () => {
    const request = {
      input: {
        messages: [
          { role: 'system', content: [{ text: 'Be kind' }] },
          {
            role: 'user',
            content: [{ image: 'https://example.com/a.png' }, { text: 'What?' }, { audio: 'a' }],
          },
        ],
      },
    };
    expect(contentOf(dashscope, request, [dashscopeEvent([{ text: 'A ' }, { text: 'cat' }])])).toEqual([
      [{ type: 'text', content: 'A cat' }],
    ]);
    expect(dashscope.content!(1000).readRequest(request)).toEqual({
      system: [{ type: 'text', content: 'Be kind' }],
      input: [
        {
          role: 'user',
          parts: [
            { type: 'uri', modality: 'image', uri: 'https://example.com/a.png' },
            { type: 'text', content: 'What?' },
            { type: 'blob', modality: 'audio', mime_type: null },
          ],
        },
      ],
    });
  });

  it('reads a prompt', () => {
    expect(dashscope.content!(1000).readRequest({ input: { prompt: 'hi' } }).input).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'hi' }] },
    ]);
  });
});

describe('content of Snowflake Cortex', () => {
  it('has the text and the tool calls of a list', () => {
    const reader = snowflakeCortex.content!(1000);
    const use = { tool_use_id: 't1', name: 'now', input: { zone: 'UTC' } };
    const list = [
      { type: 'text', text: 'Wait' },
      { type: 'tool_use', tool_use: use },
    ];
    reader.readResponse({ choices: [{ message: { content_list: list } }] });
    expect(reader.output()[0]?.parts).toEqual([
      { type: 'text', content: 'Wait' },
      { type: 'tool_call', id: 't1', name: 'now', arguments: '{"zone":"UTC"}' },
    ]);
  });
});

describe('a stream of Snowflake Cortex', () => {
  const event = (delta: Json): Json => ({ choices: [{ delta }] });
  const textOf = (text: string): Json => ({ type: 'text', text, content_list: [{ type: 'text', text }] });
  const pieceOf = (part: Json): Json => ({ type: 'tool_use', ...part, content_list: [part], text: '' });

  it('has the text once that its deltas repeat', () => {
    const events = [event({ ...textOf('Hel'), content: 'Hel' }), event(textOf('l'))];
    const listed = event({ content_list: [{ type: 'text', text: 'o' }] });
    expect(contentOf(snowflakeCortex, {}, [...events, listed])).toEqual([
      [{ type: 'text', content: 'Hello' }],
    ]);
    const response = emptyResponse();
    for (const data of [...events, listed]) snowflakeCortex.readEvent(JSON.stringify(data), response, null);
    expect(response.outputBytes).toBe(5);
  });

  it('has the pieces of a tool call', () => {
    const events = [
      event(pieceOf({ tool_use_id: 't1', name: 'now' })),
      event(pieceOf({ input: '{"zone":' })),
      event({ input: '"UTC"}' }),
    ];
    expect(contentOf(snowflakeCortex, {}, events)).toEqual([
      [{ type: 'tool_call', id: 't1', name: 'now', arguments: '{"zone":"UTC"}' }],
    ]);
  });

  it('has no text without choices, unless the output is structured', () => {
    const reader = snowflakeCortex.content!(1000);
    reader.readResponse({ usage: {} });
    expect(reader.output()).toEqual([]);
    reader.readResponse({ structured_output: [{ raw_message: { ok: true }, type: 'json' }] });
    expect(reader.output()[0]?.parts).toEqual([{ type: 'text', content: '{"ok":true}' }]);
  });
});

describe('embeddings of Snowflake Cortex', () => {
  it('have a text as their input', () => {
    const body = { model: 'snowflake-arctic-embed-m', text: ['ab', 'c'] };
    expect(snowflakeEmbeddings.accepts(new Set(Object.keys(body)), '')).toBe(true);
    expect(snowflakeEmbeddings.inputBytes(body)).toBe(3);
    expect(snowflakeEmbeddings.content!(1000).readRequest(body).input).toHaveLength(1);
  });
});

describe('content of Workers AI', () => {
  it('has the text of a prompt and of events', () => {
    expect(contentOf(workersAiPrompt, {}, [{ response: 'Hel' }, { response: 'lo' }])).toEqual([
      [{ type: 'text', content: 'Hello' }],
    ]);
    expect(workersAiPrompt.content!(1000).readRequest({ prompt: 'hi' }).input).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'hi' }] },
    ]);
  });

  it('has the JSON of a structured response', () => {
    const reader = workersAiChat.content!(1000);
    reader.readResponse({ result: { response: { ok: true } }, success: true });
    expect(reader.output()[0]?.parts).toEqual([{ type: 'text', content: '{"ok":true}' }]);
  });
});

describe('paths of Workers AI', () => {
  const URL = 'https://api.cloudflare.com/client/v4/accounts/a/ai/run/';
  it.each(['@cf/meta/llama-3.1-8b-instruct', '@hf/nousresearch/hermes-2-pro-mistral-7b'])(
    'name %s',
    (model) => {
      expect(formatOfPath(URL + model)).toBe(workersAiChat);
      expect(workersAiChat.readRequest({}, URL + model, NO_HEADERS).model).toBe(model);
    },
  );

  it('name a model whose slashes are encoded', () => {
    const url = `${URL}@cf%2Fmeta%2Fllama-3.1-8b-instruct`;
    expect(workersAiChat.readRequest({}, url, NO_HEADERS).model).toBe('@cf/meta/llama-3.1-8b-instruct');
  });

  it('are not those of users with an @', () => {
    expect(formatOfPath('https://social.example/@cf/posts')).toBeNull();
  });
});

describe('unexpected bodies', () => {
  it.each([dashscope, snowflakeCortex, workersAiChat])('are read without errors (%#)', (format) => {
    for (const value of [null, 7, 'x', [], [null], {}, { a: 1 }])
      for (const key of ['output', 'choices', 'result', 'response', 'tool_calls', 'usage']) {
        const response = emptyResponse();
        format.readResponse({ [key]: value }, response);
        format.readEvent(JSON.stringify({ [key]: value }), response, null);
        expect(response.usage.inputTokens).toBeNull();
      }
  });
});
