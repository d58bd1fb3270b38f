import { currentLlmCall, LlmTelemetry, type CallRecord, type RecordedResponse } from 'nestjs-llm-telemetry';
import * as undici from 'undici';
import { chat } from '../support/prompts.js';
import { CollectedMetrics } from '../support/metrics.js';
import { ASK, openai, post, recordOf, serve, spans, start, telemetry } from './support/captured-clients.js';

/** Verifies the claims of docs/capture.md on proxy costs, recording by hand, custom fetches, headers and limits. */

describe('the cost reported by a proxy', () => {
  it('is recorded next to the computed cost, in the span and the record', async () => {
    await start();
    const body = JSON.stringify({
      id: 'gen-1',
      object: 'chat.completion',
      model: 'gpt-4o-mini',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11, cost: 0.5 },
    });
    const json = { 'content-type': 'application/json' };
    const ask = (url: string) => async () => (await post(`${url}/v1/chat/completions`, chat())).json();
    await serve(body, json, async (url) => {
      const { providerCostUsd, cost } = await recordOf(ask(url));
      expect(providerCostUsd).toBe(0.5);
      expect(cost.costUsd).not.toBe(0.5);
    });
    expect((await spans.calls())[0]!.attributes['llm.provider_cost_usd']).toBe(0.5);
    await serve(
      body.replace(',"cost":0.5', ''),
      { ...json, 'x-litellm-response-cost': '0.25' },
      async (url) => expect((await recordOf(ask(url))).providerCostUsd).toBe(0.25),
    );
  });
});

describe('responses recorded by hand', () => {
  const local: RecordedResponse = { provider: 'openai', model: 'gpt-4o-mini', usage: { inputTokens: 100 } };
  const recorded = (response: unknown): Promise<CallRecord> =>
    recordOf(() => currentLlmCall()!.recordResponse(response as RecordedResponse));

  it('create the same record, span, metrics and price as a response over HTTP', async () => {
    const metrics = new CollectedMetrics().register();
    await start();
    const record = await recorded({ ...local, finishReason: 'stop' });
    expect(record).toMatchObject({
      provider: 'openai',
      usage: { source: 'provider', inputTokens: 100 },
      cost: { source: 'table', costUsd: 0.000015 },
      finishReason: 'stop',
    });
    expect((await spans.attempts()).map(({ name }) => name)).toEqual(['chat gpt-4o-mini']);
    expect(await metrics.sum('llm.cost')).toBe(0.000015);
  });

  it('have missing usage if there is no usage or no count', async () => {
    await start();
    for (const usage of [undefined, {}])
      expect((await recorded({ ...local, usage })).usage!.source).toBe('missing');
  });

  it('are clamped and flagged if the counts are invalid, and never throw', async () => {
    await start();
    const parts = [
      { inputTokens: -5, outputTokens: 1 },
      { inputTokens: 10, cachedInputTokens: 20 },
    ];
    for (const usage of parts) {
      const record = await recorded({ ...local, usage });
      expect(record.usage!.clamped).toBe(true);
      expect(record.usage!.inputTokens).toBeGreaterThanOrEqual(record.usage!.cachedInputTokens ?? 0);
    }
    await recordOf(() => {
      for (const nonsense of [null, 5, 'x', {}, { usage: 'x' }])
        expect(() => currentLlmCall()!.recordResponse(nonsense as never)).not.toThrow();
    });
  });

  it('are marked as failed by recordError if the method does not throw', async () => {
    await start();
    const { failure } = await recordOf(() => currentLlmCall()!.recordError(new Error('no'), 'overloaded'));
    expect(failure).toMatchObject({ type: 'overloaded' });
  });
});

describe('clients with a custom fetch', () => {
  it('are captured by wrapFetch, which keeps own properties and supports the Response of npm undici', async () => {
    await start();
    const own = Object.assign((...args: Parameters<typeof undici.fetch>) => undici.fetch(...args), {
      Response: undici.Response,
    });
    const wrapped = telemetry.get(LlmTelemetry).wrapFetch(own as unknown as typeof fetch);
    expect(Reflect.get(wrapped, 'Response')).toBe(undici.Response);
    const client = openai.withOptions({ fetch: wrapped });
    const { usage, finishReason } = await recordOf(() => client.chat.completions.create(chat()));
    expect({ usage, finishReason }).toMatchObject({ usage: { source: 'provider' }, finishReason: 'stop' });
  });
});

describe('headers', () => {
  it('are not changed or added by the library', async () => {
    await start();
    const url = `${telemetry.emulator.url}/v1/chat/completions`;
    await recordOf(async () => (await post(url, chat())).json());
    const captured = telemetry.emulator.requests[0]!.headers.map(([name]) => name.toLowerCase());
    expect(captured).not.toContain('traceparent');
    expect(captured.filter((name) => /llm|telemetry/.test(name))).toEqual([]);
  });
});

describe('limits of capture', () => {
  beforeEach(() => start());

  it('does not read getters, proxies and one-shot iterators in the arguments of fetch, but records the response', async () => {
    const url = `${telemetry.emulator.url}/v1/chat/completions`;
    const headers = new Headers({ 'content-type': 'application/json', authorization: 'Bearer a' });
    const body = JSON.stringify(chat());
    const sent = async (init: object): Promise<CallRecord> =>
      recordOf(async () => (await fetch(url, init)).json());
    const known = await sent({ method: 'POST', headers: headers.entries(), body });
    expect(known).toMatchObject({ requestModel: chat().model, usage: { source: 'provider' } });
    const unknown = await sent(new Proxy({ method: 'POST', headers, body }, {}));
    expect(unknown).toMatchObject({ requestModel: null, usage: { source: 'provider' } });
  });

  it('reports missing usage for a background response', async () => {
    const { usage } = await recordOf(() => openai.responses.create({ ...ASK, background: true }));
    expect(usage!.source).toBe('missing');
  });

  it.each([
    [7, 'provider'],
    [9, 'missing'],
  ])(
    'reads the usage of a JSON body of %d MB that is consumed as bytes from: %s',
    async (megabytes, source) => {
      const completion = JSON.stringify({
        id: 'c-1',
        object: 'chat.completion',
        model: 'gpt-4o-mini',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: 'x'.repeat(megabytes * 1024 * 1024) },
            finish_reason: 'stop',
          },
        ],
        usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
      });
      await serve(completion, { 'content-type': 'application/json' }, async (url) => {
        const { usage } = await recordOf(async () => {
          const response = await post(`${url}/v1/chat/completions`, chat());
          for await (const _ of response.body!) continue;
        });
        expect(usage!.source).toBe(source);
      });
    },
  );

  it('records an error in the middle of a stream on the attempt if the method returns', async () => {
    const { attempts, failure } = await recordOf(async () => {
      const stream = await openai.responses.create({
        ...ASK,
        input: '[emulate stream_error after=5]',
        stream: true,
      });
      try {
        for await (const _ of stream) continue;
      } catch {
        // This SDK version may throw; the method returns.
      }
    });
    expect(attempts[0]!.failure).not.toBeNull();
    expect(failure).toBeNull();
  });
});
