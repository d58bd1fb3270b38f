import { BodyReading } from '../../src/llm-telemetry/wire/streams/body-reading.js';
import { Exchange } from '../../src/llm-telemetry/wire/exchanges/exchange.js';
import { chatCompletions } from '../../src/llm-telemetry/wire/formats/chat-completions.js';
import type { WireFormat } from '../../src/llm-telemetry/wire/formats/format.js';
import { messages } from '../../src/llm-telemetry/wire/formats/messages.js';
import { responses } from '../../src/llm-telemetry/wire/formats/responses.js';
import { faultCount } from '../../src/llm-telemetry/wire/guard.js';
import { UsageFilter } from '../../src/llm-telemetry/wire/streams/usage/usage-filter.js';
import { heapInUse } from '../support/collect-garbage.js';
import { leastCpuMs } from '../support/cpu-time.js';

const KILOBYTE = 1024;
const MEGABYTE = KILOBYTE * KILOBYTE;

/** Creates an exchange with a successful response and a branch of its body that is about to be read. */
function answering(format: WireFormat, eventStream: boolean) {
  const exchange = new Exchange({
    format,
    provider: 'openai',
    hasMappedHost: false,
    host: '127.0.0.1',
    place: null,
    port: null,
    url: 'http://127.0.0.1/v1',
    parameters: { model: 'gpt-4o-mini', stream: eventStream },
    retryCount: null,
    timeoutSeconds: null,
    body: '{"messages":[]}',
    signal: null,
  });
  exchange.head = {
    status: 200,
    requestId: null,
    retryAfterMs: null,
    errorCode: null,
    costUsd: null,
    rateLimits: {},
  };
  exchange.framing = eventStream ? 'sse' : 'json';
  exchange.touched = true;
  return { exchange, branch: new BodyReading(exchange).branch() };
}

const FIRST = 'data: {"id":"1","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';

/** Feeds a text to a branch of a body, in chunks of `size` bytes. */
function feed(branch: { chunk(chunk: unknown): void }, text: string, size: number): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) branch.chunk(bytes.subarray(at, at + size));
}

describe('the CPU time of reading a response', () => {
  // Quadratic work would take 64 times as long for eight times the input.
  const WAYS: ReadonlyArray<readonly [string, number, (size: number) => void]> = [
    [
      'a stream with thousands of [DONE] lines',
      4000,
      (count) => {
        const { branch } = answering(chatCompletions, true);
        feed(branch, FIRST + 'data: [DONE]\n'.repeat(count), 64 * KILOBYTE);
        branch.finish();
      },
    ],
    [
      'a line without an end, byte by byte',
      30_000,
      (count) => {
        const { branch } = answering(chatCompletions, true);
        feed(branch, `data: ${'x'.repeat(count)}`, 1);
        branch.finish();
      },
    ],
    [
      'an event of many lines, line by line',
      20_000,
      (count) => {
        const { branch } = answering(chatCompletions, true);
        feed(branch, 'data: x\n'.repeat(count), 8);
        branch.finish();
      },
    ],
    [
      'JSON, byte by byte',
      40_000,
      (count) => {
        const { branch } = answering(chatCompletions, false);
        feed(branch, JSON.stringify({ choices: [{ message: { content: 'x'.repeat(count) } }] }), 1);
        branch.finish();
      },
    ],
    [
      'white space before the response, byte by byte',
      20_000,
      (count) => {
        const { branch } = answering(chatCompletions, false);
        feed(branch, `${' '.repeat(count)}{"choices":[]}`, 1);
        branch.finish();
      },
    ],
    [
      'white space after the first line of a stream, byte by byte',
      20_000,
      (count) => {
        const { branch, exchange } = answering(chatCompletions, false);
        exchange.request = {
          ...exchange.request,
          parameters: { ...exchange.request.parameters, stream: true },
        };
        feed(branch, `{"choices":[]}${'\n'.repeat(count)}`, 1);
        branch.finish();
      },
    ],
    [
      'an event whose usage is removed, byte by byte',
      20_000,
      (count) => {
        const filter = new UsageFilter();

        for (let at = 0; at < count; at++) filter.push('x');
        filter.end();
      },
    ],
    [
      'a list of steps',
      4000,
      (count) => {
        const { exchange, branch } = answering(messages, false);
        const step = { model: 'claude-haiku-4-5', input_tokens: 1, output_tokens: 1 };
        const iterations = Array.from({ length: count }, () => step);
        branch.json({ usage: { input_tokens: 1, output_tokens: 1, iterations } });
        exchange.usageByModel();
      },
    ],
  ];
  it.each(WAYS)('grows linearly with the length of %s', (_, size, work) => {
    work(size);
    const [some, more] = [leastCpuMs(() => work(size)), leastCpuMs(() => work(8 * size))];
    expect(more).toBeLessThan(24 * some + 50);
  });

  it('does not include JSON.parse for a million empty events', () => {
    const parse = import.meta.jest.spyOn(JSON, 'parse');
    const { exchange, branch } = answering(chatCompletions, true);
    feed(branch, 'data:\n\n'.repeat(1_000_000), 64 * KILOBYTE);
    branch.finish();
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
    expect(exchange.isEmpty).toBe(true);
  });
});

describe('the memory of reading a response', () => {
  /** Returns the bytes of heap in use while the body is being read. */
  const heapOf = (eventStream: boolean, work: (branch: { chunk(chunk: unknown): void }) => void): number => {
    const before = heapInUse() + process.memoryUsage().arrayBuffers;
    const { exchange, branch } = answering(chatCompletions, eventStream);
    work(branch);
    const used = heapInUse() + process.memoryUsage().arrayBuffers - before;
    branch.finish();
    expect(exchange.ending).not.toBeNull();
    return used;
  };

  it.each([
    ['a line without an end', 'x'.repeat(MEGABYTE)],
    // KarpelesLab/teamclaude#341, a2aproject/a2a-js#582
    ['lines of data without a blank line', 'data: 0123456789abcdef\n'.repeat(MEGABYTE / 24)],
    // agentic-os-org/ANOLISA#2209
    ['empty lines of data without a blank line', 'data:\n'.repeat(MEGABYTE / 6)],
    ['comments with a few lines of data', `data: 0123456789abcdef\n:${'x'.repeat(MEGABYTE / 4)}\n`.repeat(4)],
    [
      'events with a finish reason',
      'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'.repeat(19_000),
    ],
  ])('is bounded for 20 MB of %s', (_, megabyte) => {
    const chunk = Buffer.from(megabyte);
    const used = heapOf(true, (branch) => {
      for (let count = 0; count < 20; count++) branch.chunk(chunk);
    });
    expect(used).toBeLessThan(8 * MEGABYTE);
  });

  it('is bounded for JSON in a million chunks of one byte', () => {
    const byte = Buffer.from(' ');
    const used = heapOf(false, (branch) => {
      for (let count = 0; count < MEGABYTE; count++) branch.chunk(byte);
    });
    expect(used).toBeLessThan(8 * MEGABYTE);
  });
});

describe('a response with 100,000 levels of nesting', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const BODIES: ReadonlyArray<readonly [string, WireFormat, string]> = [
    [
      'chat completions',
      chatCompletions,
      `{"choices":[{"message":{"content":${deep}},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":5}}`,
    ],
    [
      'messages',
      messages,
      `{"content":[{"type":"tool_use","input":${deep}}],"usage":{"input_tokens":7,"output_tokens":5}}`,
    ],
    ['responses', responses, `{"output":[{"content":${deep}}],"usage":{"input_tokens":7,"output_tokens":5}}`],
  ];
  it.each(BODIES)('has its usage recorded: %s', (_, format, body) => {
    const before = faultCount();
    const { exchange, branch } = answering(format, false);
    branch.text(body);
    expect(exchange.usage()).toMatchObject({ inputTokens: 7, outputTokens: 5, source: 'provider' });
    expect(faultCount()).toBe(before);
  });

  it.each(BODIES)('causes no fault of the library if it has no usage: %s', (_, format, body) => {
    const before = faultCount();
    const { exchange, branch } = answering(format, false);
    branch.text(body.replace('"usage"', '"other"'));
    exchange.usage();
    expect(faultCount()).toBe(before);
  });
});
