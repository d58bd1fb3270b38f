import { Injectable } from '@nestjs/common';
import { SpanStatusCode } from '@opentelemetry/api';
import { LlmCall, type CallRecord } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Verifies the claims of README.md that no page in docs/ repeats, in the order of the README. */

@Injectable()
class OrderSummaryService {
  constructor(readonly openai: OpenAI) {}

  @LlmCall({ feature: 'order_dashboard', operation: 'summarize' })
  async summarize(text?: string, model = 'gpt-4o-mini'): Promise<string> {
    const completion = await this.openai.chat.completions.create({ ...chat(text), model });
    return completion.choices[0]!.message.content ?? '';
  }

  @LlmCall({ feature: 'order_dashboard', operation: 'summarize_stream' })
  async firstChunk(): Promise<void> {
    const stream = await this.openai.chat.completions.create({ ...chat('Tell me a story.'), stream: true });
    for await (const _ of stream) break;
  }
}

const spans = new CollectedSpans();
let telemetry: TelemetryApp;

async function start(options: Parameters<typeof startTelemetryApp>[0] = {}): Promise<OrderSummaryService> {
  telemetry = await startTelemetryApp({ providers: [OrderSummaryService], ...options });
  return telemetry.get(OrderSummaryService);
}

afterEach(async () => {
  await telemetry.stop();
  spans.clear();
});

async function lastRecord(): Promise<CallRecord> {
  await telemetry.flush();
  return telemetry.records.at(-1)!;
}

const logLines = (): readonly string[] =>
  telemetry.logger
    .of('LlmTelemetry')
    .map(({ text }) => text)
    .filter((text) => text.includes('feature='));

describe('the first paragraphs', () => {
  it('writes one structured log line per call', async () => {
    const orders = await start();
    await orders.summarize();
    await orders.summarize();
    await telemetry.flush();
    expect(logLines()).toEqual([
      expect.stringContaining('feature=order_dashboard operation=summarize'),
      expect.stringContaining('cost_usd='),
    ]);
  });

  it('never records prompts unless you opt in', async () => {
    const orders = await start();
    await orders.summarize('My password is canary-4711.');
    const record = await lastRecord();
    const everything = JSON.stringify([
      record,
      (await spans.all()).map(({ attributes }) => attributes),
      logLines(),
    ]);
    expect(everything).not.toContain('canary-4711');
  });
});

describe('captured on the wire', () => {
  it("observes the SDK's silent retries, each as a span", async () => {
    const orders = await start({ maxRetries: 2 });
    await orders.summarize('[emulate rate_limit attempts=2 retry_after=0.001]');
    expect((await lastRecord()).attempts).toHaveLength(3);
    const attempts = await spans.attempts();
    expect(attempts.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([
      429, 429, 200,
    ]);
    expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual([
      'rate_limit',
      'rate_limit',
      undefined,
    ]);
  });

  it('keeps withResponse, parse, stream and runTools working', async () => {
    const { openai } = await start();
    const { data, response } = await openai.chat.completions.create(chat()).withResponse();
    expect(data.choices).toHaveLength(1);
    expect(Object.getPrototypeOf(Object.getPrototypeOf(response))).toBe(Response.prototype);
    expect(Object.keys(response)).toEqual([]);
    await expect(openai.chat.completions.parse(chat())).resolves.toHaveProperty('choices');
    await expect(openai.chat.completions.stream({ ...chat(), stream: true }).finalContent()).resolves.toEqual(
      expect.any(String),
    );
    const runner = openai.chat.completions.runTools({
      ...chat(),
      tools: [
        {
          type: 'function',
          function: {
            name: 'now',
            description: 'The time.',
            parameters: { type: 'object', properties: {} },
            function: () => '12:00',
          },
        },
      ],
    });
    await expect(runner.finalContent()).resolves.toEqual(expect.any(String));
  });
});

describe('costs', () => {
  it('shows an unknown price as unknown, never as $0', async () => {
    const orders = await start();
    await orders.summarize('Say hello.', 'gpt-no-such-model');
    expect((await lastRecord()).cost).toMatchObject({ source: 'unknown' });
    expect(logLines()).toEqual([expect.stringContaining('cost_usd=unknown')]);
    expect((await spans.calls())[0]!.attributes).not.toHaveProperty('llm.estimated_cost_usd');
  });

  it('flags estimates', async () => {
    const orders = await start();
    await orders.firstChunk();
    expect((await lastRecord()).usage).toMatchObject({ source: 'estimated' });
    expect((await spans.calls())[0]!.attributes).toMatchObject({ 'llm.usage_source': 'estimated' });
  });
});

describe('outcomes', () => {
  it.each(['truncate after=3', 'filter'])(
    'treats a response with %s as an error, even with HTTP 200',
    async (fault) => {
      const orders = await start();
      await orders.summarize(`[emulate ${fault}] Tell me a story.`);
      await telemetry.flush();
      expect((await spans.calls())[0]!.status.code).toBe(SpanStatusCode.ERROR);
      expect((await spans.attempts())[0]!.attributes).toMatchObject({ 'http.response.status_code': 200 });
    },
  );

  it('shows a refusal', async () => {
    const orders = await start();
    await orders.summarize('[emulate refuse]');
    expect(await lastRecord()).toMatchObject({ finishReason: 'refusal' });
  });

  it('does not treat an application that stops reading as an error', async () => {
    const orders = await start();
    await orders.firstChunk();
    expect(await lastRecord()).toMatchObject({ finishReason: 'cancelled', failure: null });
    expect((await spans.calls())[0]!.status.code).not.toBe(SpanStatusCode.ERROR);
  });
});

describe('safety', () => {
  it('does not fail a call if telemetry fails', async () => {
    const onCall = (): never => {
      throw new Error('out of order');
    };
    const orders = await start({ options: { onCall } });
    await expect(orders.summarize()).resolves.toEqual(expect.any(String));
    await expect(telemetry.flush()).resolves.toBeUndefined();
  });
});

describe('quick start', () => {
  it('serves the dashboard at /llm outside production', async () => {
    await start();
    const { statusCode, headers } = await telemetry.app.inject({ method: 'GET', url: '/llm' });
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toContain('text/html');
  });

  it('does not serve the dashboard in production without a token or guards', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await start({ options: { store: 'memory' } });
      expect((await telemetry.app.inject({ method: 'GET', url: '/llm' })).statusCode).toBe(404);
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });
});

describe('every attempt', () => {
  it('is in the record that onCall receives, with its receipt', async () => {
    const orders = await start();
    await orders.summarize();
    const { attempts } = await lastRecord();
    expect(attempts).toHaveLength(1);
    expect(attempts[0]!.cost).toMatchObject({
      source: 'table',
      lines: [{ kind: 'input' }, { kind: 'output' }],
    });
  });
});
