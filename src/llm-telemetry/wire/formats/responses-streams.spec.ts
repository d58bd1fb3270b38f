import type OpenAI from 'openai';
import {
  created,
  ended,
  type Event,
  type Item,
  readBody,
  readEvents,
  REFUSAL,
  response,
  RESPONSE,
  type Response,
  text,
  TEXT,
  usageOf,
  WRITERS,
} from '../../../../test/support/formats/responses.js';
import type { ResponseDraft } from '../response-draft.js';

const CALL: Item = {
  type: 'function_call',
  id: 'fc_67ca09c6bedc8190a7abfec07b1a1332',
  call_id: 'call_unLAR8MvFNptuiZK6K6HCy5k',
  name: 'weather',
  arguments: '{"city":"Lyon"}',
  status: 'completed',
};

describe.each(Object.entries(WRITERS))('a stream of Responses %s', (_, write) => {
  it.each(['response.completed', 'response.incomplete', 'response.failed'] as const)(
    'has the usage of its last event, %s',
    (type) => {
      const events = [created(), text('“Wörter”'), text(' and more'), ended(type, { service_tier: 'flex' })];
      const draft = readEvents(events, write);
      expect(draft).toMatchObject({
        id: RESPONSE.id,
        model: RESPONSE.model,
        outputChunks: 2,
        complete: true,
      });
      expect(usageOf(draft)).toMatchObject({
        inputTokens: 36,
        outputTokens: 87,
        serviceTier: 'flex',
        source: 'provider',
      });
    },
  );

  it('is estimated from its text if the application abandoned it', () => {
    const draft = readEvents([created(), text('“Wörter”'), text(' and more')], write);
    expect(draft).toMatchObject({ id: RESPONSE.id, complete: false, finish: null });
    // 13 and 9 bytes; escape sequences are counted in their encoded form.
    expect(usageOf(draft, 40)).toMatchObject({ inputTokens: 10, outputTokens: 6, source: 'estimated' });
  });

  it('is measured by all generated text, excluding audio', () => {
    const at = { item_id: 'x', output_index: 0, content_index: 0 };
    const deltas: Event[] = [
      {
        type: 'response.reasoning_summary_text.delta',
        ...at,
        summary_index: 0,
        delta: 'Hm, ',
        sequence_number: 1,
      },
      { type: 'response.reasoning_text.delta', ...at, delta: 'so.', sequence_number: 2 },
      { type: 'response.refusal.delta', ...at, delta: 'No', sequence_number: 3 },
      { type: 'response.function_call_arguments.delta', ...at, delta: '{a}', sequence_number: 4 },
      { type: 'response.custom_tool_call_input.delta', ...at, delta: 'ls', sequence_number: 5 },
      { type: 'response.audio.delta', delta: 'UklGRiQAAABXQVZF', sequence_number: 6 },
      { type: 'response.audio.transcript.delta', delta: 'Hi', sequence_number: 7 },
    ];
    const draft = readEvents([created(), ...deltas], write);
    expect(draft.outputChunks).toBe(7);
    expect(draft.outputBytes).toBe(4 + 3 + 2 + 3 + 2 + 2);
  });

  it('does not report a first token for events that announce or repeat output', () => {
    const at = { item_id: TEXT.id!, output_index: 0, content_index: 0, sequence_number: 3 };
    const part: OpenAI.Responses.ResponseOutputText = {
      type: 'output_text',
      text: '',
      annotations: [],
      logprobs: [],
    };
    const events: Event[] = [
      created(),
      { type: 'response.queued', sequence_number: 1, response: response({ status: 'queued', output: [] }) },
      {
        type: 'response.in_progress',
        sequence_number: 2,
        response: response({ status: 'in_progress', output: [] }),
      },
      { type: 'response.output_item.added', output_index: 0, item: TEXT, sequence_number: 3 },
      { type: 'response.content_part.added', ...at, part },
      text(''),
      { type: 'response.output_text.done', ...at, text: 'Hello!', logprobs: [] },
      { type: 'response.content_part.done', ...at, part: { ...part, text: 'Hello!' } },
      { type: 'response.output_item.done', output_index: 0, item: TEXT, sequence_number: 3 },
    ];
    expect(readEvents(events, write)).toMatchObject({ outputChunks: 0, outputBytes: 0, finish: null });
  });

  it('can contain an error, whose text is not retained', () => {
    const error: OpenAI.Responses.ResponseErrorEvent = {
      type: 'error',
      code: 'server_error',
      message: 'The server had an error while processing “the prompt”.',
      param: null,
      sequence_number: 9,
    };
    for (const sent of [error, { type: 'error', error: { code: error.code, message: error.message } }]) {
      const draft = readEvents([created(), text('x'), sent], write);
      expect(draft).toMatchObject({ error: { code: 'server_error' }, complete: false });
      expect(JSON.stringify(draft)).not.toContain('the prompt');
    }
  });

  it('is parsed correctly if its text looks like an event', () => {
    const tricky = ['{"type":"response.completed"', '"type":"error"', '","delta":"x'];
    const draft = readEvents([created(), ...tricky.map(text), ended('response.completed')], write);
    expect(draft).toMatchObject({ outputChunks: 3, finish: 'stop', error: null, complete: true });
  });
});

describe('finish reason of a response', () => {
  const both = (part: Partial<Response>): ResponseDraft[] => [
    readBody(response(part)),
    readEvents([
      created(),
      ended(part.status === 'incomplete' ? 'response.incomplete' : 'response.completed', part),
    ]),
  ];

  it.each<[string, Item[], string]>([
    ['text', [TEXT], 'stop'],
    ['nothing', [], 'stop'],
    ['a function call', [CALL], 'tool_calls'],
    ['text and a function call', [TEXT, CALL], 'tool_calls'],
    [
      'a call of a tool with free input',
      [{ type: 'custom_tool_call', call_id: 'call_1', name: 'sh', input: 'ls' }],
      'tool_calls',
    ],
    ['a refusal', [REFUSAL], 'refusal'],
    ['a function call and a refusal', [CALL, REFUSAL], 'refusal'],
    [
      'a search that the provider ran',
      [
        {
          type: 'web_search_call',
          id: 'ws_1',
          status: 'completed',
          action: { type: 'search', query: 'x', queries: [] },
        },
        TEXT,
      ],
      'stop',
    ],
  ])('is derived from the output of a completed response: %s', (_, output, finish) => {
    for (const draft of both({ output }))
      expect(draft).toMatchObject({ finish, finishReasons: ['completed'], complete: true, error: null });
  });

  it.each<[string, string]>([
    ['max_output_tokens', 'length'],
    ['max_messages', 'length'],
    ['content_filter', 'content_filter'],
    ['steered', 'paused'],
    // Unknown reasons are not normalized.
    ['bored', 'bored'],
  ])('maps the incomplete reason %s to %s', (reason, finish) => {
    const details = { reason } as Response['incomplete_details'];
    for (const draft of both({ status: 'incomplete', incomplete_details: details }))
      expect(draft).toMatchObject({ finish, finishReasons: [reason], complete: true });
  });

  it('is incomplete if the response gives no reason', () => {
    expect(readBody(response({ status: 'incomplete' }))).toMatchObject({ finish: 'incomplete' });
  });

  it.each(['queued', 'in_progress'] as const)(
    'is paused without usage for the background status %s',
    (status) => {
      const draft = readBody(response({ status, background: true, output: [], usage: undefined }));
      expect(draft).toMatchObject({ finish: 'paused', finishReasons: [status], complete: true });
      expect(draft.usage).toMatchObject({ inputTokens: null, outputTokens: null });
    },
  );

  it('is cancelled for a cancelled response', () => {
    expect(readBody(response({ status: 'cancelled' }))).toMatchObject({
      finish: 'cancelled',
      finishReasons: ['cancelled'],
    });
  });

  it('is an error for a failed response, with its code and without its text', () => {
    const error: OpenAI.Responses.ResponseError = {
      code: 'rate_limit_exceeded',
      message: 'About the prompt.',
    };
    const part: Partial<Response> = { status: 'failed', error, output: [], usage: undefined };
    for (const draft of [readBody(response(part)), readEvents([created(), ended('response.failed', part)])]) {
      expect(draft).toMatchObject({
        finish: 'error',
        finishReasons: ['failed'],
        error: { code: 'rate_limit_exceeded', hint: null },
        complete: false,
      });
      expect(JSON.stringify(draft)).not.toContain('About the prompt');
    }
  });

  it('is the value of the provider if it is unknown', () => {
    expect(readBody({ ...RESPONSE, status: 'archived' })).toMatchObject({ finish: 'archived' });
  });
});
