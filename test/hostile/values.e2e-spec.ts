import fc from 'fast-check';
import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { errorClassOf } from '../../src/llm-telemetry/calls/error-type.js';
import { faultCount } from '../../src/llm-telemetry/wire/guard.js';
import { retryAfterMs } from '../../src/llm-telemetry/wire/transports/response-head.js';
import { StubbedApp } from '../support/stubbed-app.js';
import { RecordCollector } from '../support/record-collector.js';
import { startTelemetryApp } from '../support/telemetry-app.js';

const NOW = Date.UTC(2026, 10, 29);
const DAY = 86_400_000;

describe('retry-after', () => {
  const waitOf = (headers: Record<string, string>): number | null => retryAfterMs(new Headers(headers), NOW);

  it.each([
    ['2', 2000],
    ['1.5', 1500],
    ['0', 0],
    ['Sun, 29 Nov 2026 00:00:10 GMT', 10_000],
    ['Sat, 28 Nov 2026 00:00:00 GMT', 0],
    ['2026-11-29T00:00:10Z', 10_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', DAY],
    // hashicorp/go-retryablehttp#297, urllib3/urllib3#3743
    ['9223372037', DAY],
    // pydantic/pydantic-ai#7073
    ['-1', null],
    ['-5', null],
    ['NaN', null],
    ['1e400', null],
    ['Infinity', null],
    ['', null],
    ['soon', null],
    ['Someday, 99 Foo 9999', null],
  ])('of %j is parsed as %s ms', (value, expected) => {
    expect(waitOf({ 'retry-after': value })).toBe(expected);
  });

  it('is limited to one day in milliseconds, and retry-after is the fallback for invalid values', () => {
    expect(waitOf({ 'retry-after-ms': '250' })).toBe(250);
    expect(waitOf({ 'retry-after-ms': '9'.repeat(300) })).toBe(DAY);
    expect(waitOf({ 'retry-after-ms': '9'.repeat(400), 'retry-after': '2' })).toBe(2000);
    expect(waitOf({ 'retry-after-ms': '-5', 'retry-after': '2' })).toBe(2000);
  });

  it('is never negative and at most a day for arbitrary values', () => {
    const text = fc.oneof(fc.double().map(String), fc.date({ noInvalidDate: true }).map(String), fc.string());
    const value = text.map((one) => one.replaceAll(/[^\t\x20-\x7e]/g, ''));
    fc.assert(
      fc.property(value, value, (seconds, milliseconds) => {
        const wait = waitOf({ 'retry-after': seconds, 'retry-after-ms': milliseconds });
        expect(wait === null || (wait >= 0 && wait <= DAY)).toBe(true);
      }),
    );
  });
});

describe('the class of an error', () => {
  class Failed extends Error {}
  const secret = 'The prompt: my card is 4111';
  const NAMED = { name: secret, constructor: { name: secret }, type: secret, code: secret, status: secret };
  class Renamed extends Error {}
  Object.defineProperty(Renamed, 'name', { value: secret });

  it.each([
    ['Failed', 'an error', new Failed(secret)],
    ['Object', 'parsed JSON', JSON.parse(JSON.stringify(NAMED))],
    ['Object', 'parsed JSON with __proto__', JSON.parse(`{"__proto__": ${JSON.stringify(NAMED)}}`)],
    ['Error', 'an object without a prototype', Object.assign(Object.create(null) as object, NAMED)],
    ['Error', 'an object whose constructor is text', Object.create({ constructor: { name: secret } })],
    ['Error', 'an error of a class with another name', new Renamed(secret)],
    ['Array', 'an array', [secret]],
    ['string', 'a string', secret],
  ])('is %s for %s', (expected, _, thrown: unknown) => {
    expect(errorClassOf(thrown)).toBe(expected);
  });
});

describe('hostile values in a response', () => {
  const lab = new StubbedApp({ options: { content: { capture: 'messages' } } });
  const { spans, records } = lab;

  const PATHS = [
    '/v1/chat/completions',
    '/v1/completions',
    '/v1/messages',
    '/v1/responses',
    '/v1/embeddings',
    '/v1/images/generations',
  ] as const;
  const recordOf = async (
    path: (typeof PATHS)[number],
    type: string,
    body: string | readonly Buffer[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ record: CallRecord; text: string }> => {
    records.clear();
    lab.server.respond = (_, response) => {
      response.writeHead(200, { 'content-type': type, ...headers });
      for (const part of typeof body === 'string' ? [body] : body) response.write(part);
      response.end();
    };
    const request = {
      model: 'gpt-4o-mini',
      max_tokens: 9,
      messages: [],
      input: 'Hi',
      prompt: 'Hi',
      stop: ['END'],
    };
    const text = await lab.send(path, { method: 'POST', body: JSON.stringify(request) });
    return { record: await records.only(), text };
  };

  it.each([
    ['0.25', 0.25],
    ['0', 0],
    ['-0.25', null],
    ['1e308', null],
    ['1e400', null],
    ['1e9', null],
    ['NaN', null],
    ['"0.25"', 0.25],
  ])('with a cost of %s USD are recorded as a cost of %s', async (cost, expected) => {
    const usage = `{"prompt_tokens":1,"completion_tokens":1,"cost":${cost === 'NaN' ? 'null' : cost}}`;
    const choices = '[{"message":{"content":"Hi"}}]';
    const { record } = await recordOf(
      PATHS[0],
      'application/json',
      `{"choices":${choices},"usage":${usage}}`,
    );
    expect(record.providerCostUsd).toBe(expected);
    if (cost.startsWith('"')) return;
    const headers = { 'x-litellm-response-cost': cost };
    const proxied = await recordOf(PATHS[0], 'application/json', `{"choices":${choices}}`, headers);
    expect(proxied.record.providerCostUsd).toBe(expected);
  });

  it('with 200,000 iterations of a message result in a small record with all tokens', async () => {
    const step = { model: 'claude-haiku-4-5', input_tokens: 1, output_tokens: 1 };
    const usage = {
      input_tokens: 1,
      output_tokens: 1,
      iterations: Array.from({ length: 200_000 }, () => step),
    };
    const content = [{ type: 'text', text: 'Hi' }];
    const body = JSON.stringify({ model: 'claude-haiku-4-5', content, stop_reason: 'end_turn', usage });
    const { record } = await recordOf('/v1/messages', 'application/json', body);
    expect(JSON.stringify(record).length).toBeLessThan(100_000);
    expect(record.usage).toMatchObject({ inputTokens: 200_000, outputTokens: 200_000 });
  });

  it('with stop sequences set the span attribute if content is captured', async () => {
    await recordOf(PATHS[0], 'application/json', '{"choices":[{"message":{"content":"Hi"}}]}');
    const [attempt] = await spans.attempts();
    expect(attempt!.attributes['gen_ai.request.stop_sequences']).toEqual(['END']);
  });

  it('with stop sequences set neither the span attribute nor the record if content is not captured', async () => {
    const canary = 'canary-stop-5e2a';
    const own = new RecordCollector();
    const app = await startTelemetryApp({ options: { onCall: own.onCall } });
    lab.server.respond = (_, response) => response.end('{"choices":[{"message":{"content":"Hi"}}]}');
    const requests = [
      [PATHS[0], { model: 'gpt-4o-mini', messages: [], stop: [canary] }],
      ['/v1/messages', { model: 'claude-haiku-4-5', messages: [], max_tokens: 9, stop_sequences: [canary] }],
    ] as const;
    for (const [path, body] of requests) {
      await app
        .get(LlmTelemetry)
        .run({ feature: 'orders', operation: 'summarize' }, async () =>
          (await fetch(lab.server.url + path, { method: 'POST', body: JSON.stringify(body) })).text(),
        );
    }
    const records = await own.exactly(2);
    const attributes = (await spans.all()).map((span) => span.attributes);
    const logged = app.logger.entries.map(({ text }) => text);
    expect(attributes).toHaveLength(4);
    expect(JSON.stringify([records, attributes, logged])).not.toContain(canary);
    await app.stop();
  });

  const key = fc.constantFrom(
    'id',
    'model',
    'choices',
    'message',
    'delta',
    'content',
    'text',
    'finish_reason',
    'stop_reason',
    'type',
    'usage',
    'prompt_tokens',
    'completion_tokens',
    'input_tokens',
    'output_tokens',
    'cost',
    'iterations',
    'output',
    'data',
    'status',
    'response',
    'error',
    'code',
    'tool_usage',
    'server_tool_use',
    '__proto__',
    'constructor',
    'total_tokens',
    'container',
    'content_block',
    'item',
    'service_tier',
    'speed',
  );
  const word = fc.constantFrom(
    'stop',
    'length',
    'response.completed',
    'response.output_item.done',
    'message_start',
    'message_delta',
    'content_block_start',
    'content_block_delta',
    'error',
    'completed',
    'queued',
    'x'.repeat(5000),
    '\ud800',
  );
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.oneof(word, fc.double(), fc.constantFrom(1e308, -1, 0.5, 2 ** 53, 1e12, null, true, '', 'NaN')),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.array(fc.tuple(key, tie('json')), { maxLength: 6 }).map((members) => Object.fromEntries(members)),
    ),
  }));
  /** JSON objects as text, in which members can be duplicated. */
  const text = fc
    .array(fc.tuple(key, json), { maxLength: 8 })
    .map(
      (members) =>
        `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`).join()}}`,
    );
  const stream = fc
    .array(
      fc.oneof(
        text.map((one) => `data: ${one}`),
        fc.constantFrom('data: [DONE]', 'data:', ':', '{', 'id: 7'),
      ),
      {
        maxLength: 12,
      },
    )
    .chain((lines) =>
      fc.constantFrom('\n\n', '\n', '\r\n\r\n', '\r').map((end) => lines.map((one) => one + end).join('')),
    );

  function numbersIn(value: unknown): number[] {
    if (typeof value === 'number') return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
  }

  it('cause no fault of the library, no large record and no infinite or negative number', async () => {
    const before = faultCount();
    let cases = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PATHS),
        fc.oneof(
          fc.tuple(fc.constant('application/json'), text),
          fc.tuple(fc.constant('text/event-stream'), stream),
        ),
        fc.array(fc.nat(2000), { maxLength: 5 }),
        async (path, [type, body], cuts) => {
          const bytes = Buffer.from(body);
          const ends = [...cuts.filter((at) => at < bytes.length).toSorted((a, b) => a - b), bytes.length];
          const parts = ends.map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end));
          const read = await recordOf(path, type, parts);
          cases++;
          expect(read.text).toBe(bytes.toString().replace(/^\uFEFF/, ''));
          const { attributes: _attributes, ...record } = read.record;
          const [{ content: _content, ...attempt }] = record.attempts as readonly [CallRecord['attempts'][0]];
          expect(JSON.stringify([{ ...record, attempts: [] }, attempt]).length).toBeLessThan(64 * 1024);
          const { usage } = record;
          for (const one of numbersIn([usage, record.cost, record.providerCostUsd, attempt.usage])) {
            expect(Number.isFinite(one) && one >= 0).toBe(true);
          }
          expect(faultCount()).toBe(before);
        },
      ),
      { numRuns: 300 },
    );
    process.stdout.write(`${cases} hostile responses over ${PATHS.length} APIs\n`);
  }, 60_000);
});
