import { Injectable } from '@nestjs/common';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const RETRY = { feature: 'retry', retry: 2 };

@Injectable()
class Retrying {
  /** What the method saw, run by run. */
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

  it('runs the method again and records each run as a call', async () => {
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

  it('throws the error of the last run after maxRetries', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 0, times: 3 });
    await expect(retrying.ask()).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    expect(telemetry.records).toHaveLength(3);
  });

  it('throws the error at once if retry-after is longer than maxDelayMs', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 3600 });
    await expect(retrying.ask()).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    expect(retrying.runs).toHaveLength(1);
  });

  it.each(['auth', 'quota', 'context_length', 'bad_request', 'blocked'] as const)(
    'does not repeat what would fail again: %s',
    async (kind) => {
      telemetry.emulator.program({ kind });
      await expect(retrying.ask()).rejects.toBeInstanceOf(OpenAI.APIError);
      expect(retrying.runs).toHaveLength(1);
    },
  );

  it('runs the method again if the response does not parse, and counts the cost of each response', async () => {
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

  it('runs an async generator again that has yielded nothing yet', async () => {
    telemetry.emulator.program({ kind: 'overloaded', retryAfter: 0 });
    const pieces: string[] = [];
    for await (const piece of retrying.stream('Say hello.')) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(0);
    expect(await runsOfCalls()).toEqual([
      [0, false, 'overloaded'],
      [1, true, 'stop'],
    ]);
  });

  it('does not run an async generator again after its first value', async () => {
    const read = async (): Promise<void> => {
      for await (const _piece of retrying.stream('[emulate cut after=10] Tell me a story.'));
    };
    await expect(read()).rejects.toThrow();
    expect(retrying.runs).toHaveLength(1);
    expect(await runsOfCalls()).toEqual([[0, false, 'stream_cut']]);
  });

  it('does not run the method again after an error of the application', async () => {
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
