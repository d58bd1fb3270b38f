import '../../../../test/support/loaded-wire.js';
import { formatAfter, formatOfPath } from '../exchanges/known-formats.js';
import { LOOK_ALIKE, plainUrl, readModelRequest } from '../exchanges/model-request.js';
import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { chatCompletions } from './chat-completions.js';
import type { WireFormat } from './format.js';
import { mistralAgents, mistralFim } from './mistral-completions.js';
import { mistralConversations } from './mistral-conversations.js';
import { mistralOcr } from './mistral-ocr.js';

function readBody(format: WireFormat, body: JsonObject): ResponseDraft {
  const response = emptyResponse();
  format.readResponse(body, response);
  return response;
}

function readEvents(format: WireFormat, events: readonly object[]): ResponseDraft {
  const response = emptyResponse();
  for (const event of events) format.readEvent(JSON.stringify(event), response, null);
  return response;
}

const API = 'https://api.mistral.ai/v1';

describe('Mistral Conversations', () => {
  // Source: https://docs.mistral.ai/agents/connectors/websearch, “Create a conversation”.
  const SEARCHED = {
    conversation_id: 'conv_06835b734f2776bb80008fa7a309bf5a',
    outputs: [
      { name: 'web_search', object: 'entry', type: 'tool.execution', id: 'tool_exec_06835b7352' },
      {
        content: [
          { type: 'text', text: 'The last winner was ' },
          { type: 'tool_reference', tool: 'web_search', title: 'UEFA', url: 'https://www.uefa.com/' },
          { type: 'text', text: 'Portugal.' },
        ],
        object: 'entry',
        type: 'message.output',
        id: 'msg_06835b7377517a36',
        model: 'mistral-medium-2505',
        role: 'assistant',
      },
    ],
    usage: {
      prompt_tokens: 188,
      completion_tokens: 55,
      total_tokens: 7355,
      connector_tokens: 7112,
      connectors: { web_search: 1 },
    },
    object: 'conversation.response',
  };

  it('counts the results of connectors as input if the total contains them', () => {
    const response = readBody(mistralConversations, SEARCHED);
    expect(response).toMatchObject({
      id: 'msg_06835b7377517a36',
      model: 'mistral-medium-2505',
      finish: 'stop',
      complete: true,
      hasContent: true,
    });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 7300,
      outputTokens: 55,
      webSearchRequests: 1,
    });
  });

  it('does not count connector tokens again that the prompt contains', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 8, total_tokens: 18, connector_tokens: 4 };
    const response = readBody(mistralConversations, { ...SEARCHED, usage });
    expect(toUsage(response, true, () => null).inputTokens).toBe(10);
  });

  it('counts the uses of built-in connectors only', () => {
    const connectors = { code_interpreter: 2, my_crm: 3 };
    const usage = { ...SEARCHED.usage, connectors };
    expect(readBody(mistralConversations, { ...SEARCHED, usage }).usage.toolUses).toEqual({
      code_interpreter: 2,
    });
  });

  // Source: https://docs.mistral.ai/agents/function-calling.
  it('ends with tool calls if the last output is a function call', () => {
    const call = {
      tool_call_id: 'iuQMeZyxH',
      name: 'get_rate',
      arguments: '{"date":"2024-06-06"}',
      type: 'function.call',
    };
    const usage = { prompt_tokens: 91, completion_tokens: 29, total_tokens: 120, connector_tokens: null };
    const body = { ...SEARCHED, outputs: [call], usage };
    expect(readBody(mistralConversations, body)).toMatchObject({ finish: 'tool_calls', hasContent: true });
    const reader = mistralConversations.content!(100);
    reader.readResponse(body);
    expect(reader.output()).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'iuQMeZyxH', name: 'get_rate', arguments: '{"date":"2024-06-06"}' }],
      },
    ]);
  });

  const STREAM = [
    { type: 'conversation.response.started', conversation_id: 'conv_1' },
    {
      type: 'message.output.delta',
      output_index: 0,
      id: 'msg_1',
      model: 'mistral-medium-2505',
      role: 'assistant',
      content: 'Hel',
    },
    {
      type: 'message.output.delta',
      output_index: 0,
      id: 'msg_1',
      role: 'assistant',
      content: { type: 'text', text: 'lo' },
    },
    {
      type: 'function.call.delta',
      id: 'fc_1',
      name: 'get_rate',
      tool_call_id: 'c1',
      arguments: '{"date":',
    },
    { type: 'function.call.delta', id: 'fc_1', name: 'get_rate', tool_call_id: 'c1', arguments: '1}' },
    {
      type: 'conversation.response.done',
      usage: { prompt_tokens: 10, completion_tokens: 8, total_tokens: 18 },
    },
  ];

  it('completes a stream at conversation.response.done', () => {
    expect(readEvents(mistralConversations, STREAM.slice(0, -1)).complete).toBe(false);
    const response = readEvents(mistralConversations, STREAM);
    expect(response).toMatchObject({
      id: 'fc_1',
      model: 'mistral-medium-2505',
      finish: 'tool_calls',
      outputChunks: 4,
      complete: true,
    });
    expect(response.usage).toMatchObject({ inputTokens: 10, outputTokens: 8 });
    const reader = mistralConversations.content!(100);
    for (const event of STREAM) reader.readEvent(event);
    expect(reader.output()).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'text', content: 'Hello' },
          { type: 'tool_call', id: 'c1', name: 'get_rate', arguments: '{"date":1}' },
        ],
      },
    ]);
  });

  it('reads errors of streams and of responses', () => {
    const failed = { type: 'conversation.response.error', message: 'no', code: 3000 };
    const flat = { object: 'error', message: 'Unauthorized', type: 'unauthorized', code: '3000' };
    expect(readEvents(mistralConversations, [...STREAM.slice(0, 2), failed]).error).not.toBeNull();
    expect(readEvents(mistralConversations, [flat]).error).toMatchObject({ type: 'unauthorized' });
    expect(readBody(mistralConversations, { detail: [{ msg: 'x' }] }).error).not.toBeNull();
    expect(readBody(mistralConversations, { error: flat }).error).toMatchObject({ type: 'unauthorized' });
  });

  it.each([
    [`${API}/conversations`, undefined],
    [`${API}/conversations/conv_06835b734f`, 'conv_06835b734f'],
    [`${API}/conversations/conv_06835b734f/restart`, 'conv_06835b734f'],
  ])('names the conversation of %s', (url, conversationId) => {
    expect(formatOfPath(url)).toBe(mistralConversations);
    const body = {
      model: 'mistral-medium-latest',
      inputs: 'Hi',
      stream: true,
      completion_args: {
        max_tokens: 5,
        temperature: 0.3,
        random_seed: 7,
        stop: 'x',
        response_format: { type: 'json_schema' },
      },
    };
    expect(mistralConversations.readRequest(body, url, NO_HEADERS)).toMatchObject({
      model: 'mistral-medium-latest',
      stream: true,
      maxTokens: 5,
      temperature: 0.3,
      seed: 7,
      stopSequences: ['x'],
      outputType: 'json',
      conversationId,
    });
  });

  it.each(['/conversations/conv_1/history', '/conversations/conv_1/messages', '/conversations/c/items'])(
    'does not match %s',
    (path) => expect(mistralConversations.matches(API + path)).toBe(false),
  );

  it('does not take a conversation of another API for a model request', () => {
    const init = { method: 'POST', body: '{"metadata":{"topic":"demo"}}', headers: { authorization: 'x' } };
    const url = 'https://api.openai.com/v1/conversations/conv_123';
    expect(readModelRequest(formatOfPath(url)!, url, init)).toBe(LOOK_ALIKE);
  });

  it('ignores the fragment by which the client marks streams', () => {
    expect(formatOfPath(plainUrl(`${API}/conversations#stream`))).toBe(mistralConversations);
    expect(formatOfPath(plainUrl(`${API}/chat/completions?x=1#stream`))).toBe(chatCompletions);
  });

  it('estimates input only if the request contains all of it', () => {
    expect(mistralConversations.inputBytes({ model: 'm', inputs: 'Hello' })).toBe(5);
    expect(mistralConversations.inputBytes({ agent_id: 'a', inputs: 'Hello' })).toBeNull();
  });

  it('reads content of a request', () => {
    const { system, input } = mistralConversations.content!(100).readRequest({
      instructions: 'Be brief.',
      inputs: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'image_url', image_url: 'http://x/y' },
          ],
        },
        { type: 'function.result', tool_call_id: 'c1', result: '4 %' },
        { type: 'agent.handoff' },
      ],
    });
    expect(system).toHaveLength(1);
    expect(input).toMatchObject([
      { role: 'user', parts: [{ content: 'See' }, { type: 'uri' }] },
      { role: 'tool', parts: [{ id: 'c1', response: '4 %' }] },
    ]);
    expect(mistralConversations.content!(9).readRequest({ inputs: 'Hi' }).input).toHaveLength(1);
  });
});

describe('Mistral completions with an agent or a suffix', () => {
  it('has formats of their own', () => {
    expect(formatOfPath(`${API}/agents/completions`)).toBe(mistralAgents);
    expect(formatOfPath(`${API}/fim/completions`)).toBe(mistralFim);
    expect(formatAfter(mistralAgents, `${API}/agents/completions`)?.operation).toBe('text_completion');
  });

  it('reads a completion of code', () => {
    const body = {
      id: '5b35cc2e',
      object: 'chat.completion',
      model: 'codestral-2508',
      usage: { prompt_tokens: 8, completion_tokens: 91, total_tokens: 99 },
      choices: [{ index: 0, message: { content: 'a + b', role: 'assistant' }, finish_reason: 'stop' }],
    };
    const response = readBody(mistralFim, body);
    expect(response).toMatchObject({ model: 'codestral-2508', finish: 'stop', hasContent: true });
    expect(response.usage).toMatchObject({ inputTokens: 8, outputTokens: 91 });
    const request = { model: 'codestral-2508', prompt: 'def', suffix: 'return', random_seed: 3 };
    expect(mistralFim.readRequest(request, '', NO_HEADERS)).toMatchObject({ seed: 3 });
    expect(mistralFim.inputBytes(request)).toBe(9);
    expect(mistralFim.content!(100).readRequest(request).input[0]?.parts).toHaveLength(2);
    expect(mistralFim.content!(100).readRequest({}).input).toEqual([]);
    expect(
      mistralAgents.content!(100).readRequest({ messages: [{ role: 'user', content: 'x' }] }).input,
    ).toHaveLength(1);
  });
});

describe('Mistral OCR', () => {
  const RESPONSE = {
    pages: [{ index: 0, markdown: '# Title', images: [], dimensions: null }],
    model: 'mistral-ocr-2505-completion',
    document_annotation: null,
    usage_info: { pages_processed: 29, doc_size_bytes: 3002783 },
  };

  it('counts pages instead of tokens, whole or without parsing the pages', () => {
    const response = readBody(mistralOcr, RESPONSE);
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
      pages: 29,
      annotatedPages: 0,
      source: 'provider',
    });
    const skimmed = emptyResponse();
    expect(mistralOcr.skimResponse!(JSON.stringify(RESPONSE), skimmed)).toBe(true);
    expect(skimmed).toEqual(response);
  });

  it('counts annotated pages if the request asks for annotations', () => {
    const response = readBody(mistralOcr, RESPONSE);
    mistralOcr.readRequestUsage!({ document_annotation_format: { type: 'json_schema' } }, response);
    expect(response.usage).toMatchObject({ pages: 0, annotatedPages: 29 });
    mistralOcr.readRequestUsage!({ bbox_annotation_format: { type: 'json_schema' } }, response);
    expect(response.usage).toMatchObject({ pages: 0, annotatedPages: 29 });
  });

  it.each([
    { ...RESPONSE, document_annotation: '{"language":"en"}' },
    { ...RESPONSE, pages: [{ images: [{ id: 'img-0', image_annotation: '{"kind":"chart"}' }] }] },
  ])('counts annotated pages if the response has annotations', (body) => {
    expect(readBody(mistralOcr, body).usage).toMatchObject({ pages: 0, annotatedPages: 29 });
    const skimmed = emptyResponse();
    const isSkimmed = mistralOcr.skimResponse!(JSON.stringify(body), skimmed);
    expect(isSkimmed ? skimmed.usage.annotatedPages : 29).toBe(29);
  });

  it('reads errors', () => {
    expect(readBody(mistralOcr, { detail: [{ msg: 'x' }] }).error).not.toBeNull();
    expect(readBody(mistralOcr, { error: { type: 'auth' } }).error).toMatchObject({ type: 'auth' });
    expect(readBody(mistralOcr, {})).toMatchObject({ error: null, complete: false });
  });

  it('reports the usage as missing if the response has none', () => {
    const response = readBody(mistralOcr, { pages: [] });
    expect(toUsage(response, true, () => null).source).toBe('missing');
    expect(mistralOcr.readRequest({ model: 'mistral-ocr-latest' }, '', NO_HEADERS).model).toBe(
      'mistral-ocr-latest',
    );
  });
});
