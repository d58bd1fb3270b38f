import fc from 'fast-check';
import { BodyReading } from '../streams/body-reading.js';
import { Exchange, type ModelRequest } from '../exchanges/exchange.js';
import { chatCompletions } from '../formats/chat-completions.js';
import type { WireFormat } from '../formats/format.js';
import { messages } from '../formats/messages.js';
import { responses } from '../formats/responses.js';
import { dataAt, plainData, skim } from './skim.js';

const LANDMARKS = { piece: /^/, starts: ['[DONE]'], within: /"finish_reason":"/g };

describe('skim', () => {
  it('finds the lines that contain a landmark, in order, and counts the other lines', () => {
    const text =
      'data: {"a":1}\n\nevent: x\ndata: {"finish_reason":"stop"}\n\n: comment\n\ndata:{"b":2}\n\ndata: [DONE]\n\n';
    const skimmed = skim(text, LANDMARKS)!;
    expect(skimmed.marked.map((start) => dataAt(text, start))).toEqual([
      '{"finish_reason":"stop"}',
      '[DONE]',
    ]);
    expect(skimmed.plainCount).toBe(2);
    expect([...plainData(text, skimmed)]).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('ignores landmarks inside text, where quotes are escaped', () => {
    const data = JSON.stringify({ text: 'say "finish_reason":"stop"' });
    expect(skim(`data: ${data}\n\n`, LANDMARKS)).toEqual({ marked: [], plainCount: 1 });
  });

  it.each([
    ['carriage returns', 'data: {"a":1}\r\n\r\n'],
    ['a first event that is named error', 'event: error\ndata: {"a":1}\n\n'],
    ['another event that is named error', 'data: {"a":1}\n\nevent:error\ndata: x\n\n'],
    ['a landmark outside a data line', 'event: "finish_reason":"x"\ndata: {}\n\n'],
  ])('does not skim %s', (_what, text) => {
    expect(skim(text, LANDMARKS)).toBeNull();
  });

  it('decodes multi-byte characters completely', () => {
    const data = '{"finish_reason":"stop","text":"急須 €"}';
    const text = Buffer.from(`data: ${data}\n\n`).toString('latin1');
    expect(dataAt(text, skim(text, LANDMARKS)!.marked[0]!)).toBe(data);
  });
});

/** Reads a stream with one event per chunk and returns the response of the exchange. */
function answerTo(format: WireFormat, events: readonly string[]): Exchange['response'] {
  const exchange = new Exchange({
    format,
    body: null,
    parameters: {},
    signal: null,
  } as unknown as ModelRequest);
  exchange.framing = 'sse';
  const branch = new BodyReading(exchange).branch();
  for (const event of events) branch.chunk(Buffer.from(event));
  branch.finish();
  return exchange.response;
}

/** Each stream as the provider formats it, and with spaces in its JSON, which prevent skimming. */
const STREAMS: Array<[string, WireFormat, (pieces: string[], usage: boolean) => object[]]> = [
  [
    'Chat Completions',
    chatCompletions,
    (pieces, usage) => [
      {
        id: 'c',
        model: 'm',
        choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
      },
      ...pieces.map((content) => ({
        id: 'c',
        model: 'm',
        choices: [{ index: 0, delta: { content }, finish_reason: null }],
      })),
      { id: 'c', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'length' }] },
      ...(usage ? [{ id: 'c', choices: [], usage: { prompt_tokens: 3, completion_tokens: 9 } }] : []),
    ],
  ],
  [
    'Messages',
    messages,
    (pieces, usage) => [
      {
        type: 'message_start',
        message: { id: 'm', model: 'm', usage: { input_tokens: 3, output_tokens: 1 } },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...pieces.map((text) => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text },
      })),
      ...(usage
        ? [
            { type: 'message_delta', delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 9 } },
            { type: 'message_stop' },
          ]
        : []),
    ],
  ],
  [
    'Responses',
    responses,
    (pieces, usage) => [
      { type: 'response.created', response: { id: 'r', model: 'm', status: 'in_progress' } },
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', item_id: 'i', delta })),
      ...(usage
        ? [
            {
              type: 'response.completed',
              response: {
                id: 'r',
                status: 'completed',
                output: [],
                usage: { input_tokens: 3, output_tokens: 9 },
              },
            },
          ]
        : []),
    ],
  ],
];

describe.each(STREAMS)('skimming a stream of %s', (_name, format, eventsOf) => {
  it.each([true, false])('gives the same response as parsing every event (with usage: %s)', (usage) => {
    const pieces = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(pieces, (texts) => {
        const events = eventsOf(texts, usage);
        const skimmed = answerTo(
          format,
          events.map((event) => `data: ${JSON.stringify(event)}\n\n`),
        );
        // `{ "type": …` contains no landmarks.
        const spaced = events.map(
          (event) => `data: ${JSON.stringify(event, null, 1).replaceAll('\n', '')}\n\n`,
        );
        const read = answerTo(format, spaced);
        expect({ ...skimmed, outputBytes: 0 }).toEqual({ ...read, outputBytes: 0 });
        // Text is measured only without usage. Escape sequences are then counted in their encoded form.
        const least = usage ? 0 : read.outputBytes;
        expect(skimmed.outputBytes).toBeGreaterThanOrEqual(least);
      }),
    );
  });

  it('extrapolates the output of a stream that is longer than the buffer', () => {
    const texts = Array.from({ length: 4000 }, (_, index) => `word ${index % 10} `);
    const { outputBytes, outputChunks } = answerTo(
      format,
      eventsOf(texts, false).map((event) => `data: ${JSON.stringify(event)}\n\n`),
    );
    expect(outputChunks).toBe(4000);
    expect(outputBytes).toBe(4000 * 7);
  });
});
