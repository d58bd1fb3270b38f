import { Injectable } from '@nestjs/common';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const RETRY = { feature: 'retry', retry: 2 };

@Injectable()
class Retrying {
  /** Argument of each execution of the method. */
  runs: string[] = [];

  constructor(readonly openai: OpenAI) {}

  @LlmCall({ ...RETRY, operation: 'ask' })
  async ask(text = 'Say hello.'): Promise<string | null> {
    this.runs.push(text);
    const completion = await this.openai.chat.completions.create(chat(text));
    return completion.choices[0]!.message.content;
  }

  @LlmCall({ ...RETRY, operation: 'ask_for_json' })
  async askForJson(text: string): Promise<unknown> {
    const completion = await this.openai.chat.completions.create(chat(text));
    return JSON.parse(completion.choices[0]!.message.content!);
  }

  @LlmCall({ ...RETRY, operation: 'stream' })
  async *stream(text: string): AsyncGenerator<string> {
    this.runs.push(text);
    const stream = await this.openai.chat.completions.create({ ...chat(text), stream: true });
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.content;
      if (piece) yield piece;
    }
  }
}

describe('retry of @LlmCall', () => {
  const spans = new CollectedSpans();
  let telemetry: TelemetryApp;
  let retrying: Retrying;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ providers: [Retrying] });
    retrying = telemetry.get(Retrying);
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    telemetry.emulator.reset();
    telemetry.records.length = 0;
    retrying.runs = [];
  });

  const runsOfCalls = async (): Promise<unknown[]> =>
    (await spans.calls()).map(({ attributes }) => [
      attributes['llm.attempt'],
      attributes['llm.is_retry'],
      attributes['llm.error_type'] ?? attributes['llm.finish_reason'],
    ]);

  it('repeats the method and records each execution as a call', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 0, times: 2 });
    expect(await retrying.ask()).toEqual(expect.any(String));
    expect(retrying.runs).toHaveLength(3);
    expect(await runsOfCalls()).toEqual([
      [0, false, 'rate_limit'],
      [1, true, 'rate_limit'],
      [2, true, 'stop'],
    ]);
    const cost = telemetry.records.map((record) => record.cost.costUsd);
    expect(cost.slice(0, 2)).toEqual([0, 0]);
    expect(cost[2]).toBeGreaterThan(0);
  });

  it('throws the last error after maxRetries', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 0, times: 3 });
    await expect(retrying.ask()).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    expect(telemetry.records).toHaveLength(3);
  });

  it('throws the error without a retry if retry-after is longer than maxDelayMs', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 3600 });
    await expect(retrying.ask()).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    expect(retrying.runs).toHaveLength(1);
  });

  it.each(['auth', 'quota', 'context_length', 'bad_request', 'blocked'] as const)(
    'does not repeat the method after a permanent error: %s',
    async (kind) => {
      telemetry.emulator.program({ kind });
      await expect(retrying.ask()).rejects.toBeInstanceOf(OpenAI.APIError);
      expect(retrying.runs).toHaveLength(1);
    },
  );

  it('repeats the method if the response cannot be parsed, and counts the cost of each response', async () => {
    await expect(
      retrying.askForJson('[emulate invalid_json retry_after=0] JSON, please'),
    ).rejects.toBeInstanceOf(SyntaxError);
    expect(await runsOfCalls()).toEqual([
      [0, false, 'parse'],
      [1, true, 'parse'],
      [2, true, 'parse'],
    ]);
    expect(telemetry.records.every(({ cost }) => cost.costUsd! > 0)).toBe(true);
  });

  it('repeats an async generator that has not yielded a value', async () => {
    telemetry.emulator.program({ kind: 'overloaded', retryAfter: 0 });
    const pieces: string[] = [];
    for await (const piece of retrying.stream('Say hello.')) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(0);
    expect(await runsOfCalls()).toEqual([
      [0, false, 'overloaded'],
      [1, true, 'stop'],
    ]);
  });

  it('does not repeat an async generator after its first value', async () => {
    const read = async (): Promise<void> => {
      for await (const _piece of retrying.stream('[emulate cut after=10] Tell me a story.'));
    };
    await expect(read()).rejects.toThrow();
    expect(retrying.runs).toHaveLength(1);
    expect(await runsOfCalls()).toEqual([[0, false, 'stream_cut']]);
  });

  it('does not repeat the method after an application error', async () => {
    class Broken {
      runs = 0;
      @LlmCall({ ...RETRY, operation: 'broken' })
      async run(): Promise<void> {
        this.runs++;
        throw new RangeError('a bug');
      }
    }
    const broken = new Broken();
    await expect(broken.run()).rejects.toThrow(new RangeError('a bug'));
    expect(broken.runs).toBe(1);
  });
});
