import Anthropic, { toFile as anthropicFile } from '@anthropic-ai/sdk';
import { LlmTelemetry, type AttemptRecord, type CallRecord } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import { AzureOpenAI, toFile } from 'openai';
import { chat, message } from '../support/prompts.js';
import { clients, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

import { all, ASK, SOUND, USES, type Clients } from './support/uses-of-sdks.js';

describe('formats', () => {
  let telemetry: TelemetryApp;
  let llm: LlmTelemetry;
  let sdks: Clients;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ emulatorOptions: { cachedTokens: true, proxyCost: true } });
    llm = telemetry.get(LlmTelemetry);
    sdks = clients(telemetry.emulator);
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    telemetry.records.length = 0;
    telemetry.emulator.reset();
  });

  async function record(use: () => Promise<unknown>): Promise<CallRecord> {
    await llm.run({ feature: 'formats', operation: 'use' }, use);
    await llm.flush();
    expect(telemetry.records).toHaveLength(1);
    return telemetry.records[0]!;
  }

  const onBill = ({ inputTokens, outputTokens, ...entry }: LedgerEntry): object => ({
    requestId: entry.requestId,
    responseModel: entry.model,
    source: 'provider',
    inputTokens,
    cachedInputTokens: entry.cachedInputTokens,
    outputTokens,
    reasoningTokens: entry.reasoningTokens,
    audioSeconds: entry.audioSeconds,
    webSearchRequests: entry.webSearches,
    clamped: false,
  });

  const recorded = ({ requestId, usage, responseModel, requestModel }: AttemptRecord): object => ({
    requestId,
    // Pictures and transcriptions do not say who made them.
    responseModel: responseModel ?? requestModel,
    source: usage!.source,
    inputTokens: usage!.inputTokens,
    cachedInputTokens: usage!.cachedInputTokens,
    outputTokens: usage!.outputTokens,
    reasoningTokens: usage!.reasoningTokens,
    audioSeconds: usage!.audioSeconds,
    webSearchRequests: usage!.webSearchRequests,
    clamped: usage!.clamped,
  });

  it.each(Object.entries(USES))(
    '%s has the usage of the bill on its record',
    async (_what, [use, finish]) => {
      const { attempts, finishReason } = await record(() => use(sdks));
      const bill = telemetry.emulator.ledger.entries();
      expect(attempts.map(recorded)).toEqual(bill.map(onBill));
      expect(finishReason).toBe(finish);
      expect(attempts.every(({ ending }) => ending === 'finished')).toBe(true);
    },
  );

  it('prices each model’s part of a message by that model', async () => {
    const { attempts, cost } = await record(() =>
      sdks.anthropic.beta.messages.create(message('Say hello. [emulate advisor]')),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    // USD per million tokens, from the provider's price list (November 2026).
    const prices = { 'claude-opus-4-6': [5, 25], 'claude-haiku-4-5-20251001': [1, 5] } as const;
    const usd = bill!.iterations.reduce((sum, { model, inputTokens, outputTokens }) => {
      const [input, output] = prices[model as keyof typeof prices];
      return sum + (inputTokens * input + outputTokens * output) / 1e6;
    }, 0);
    expect(cost.source).toBe('table');
    expect(cost.costUsd).toBeCloseTo(usd, 12);
    expect(attempts[0]!.cost).toMatchObject({ pricedAs: 'claude-opus-4-6, claude-haiku-4-5' });
  });

  it('records the cost that a proxy reports beside the calculated cost', async () => {
    for (const use of [
      () => sdks.openai.chat.completions.create(chat()),
      () => sdks.openai.responses.create(ASK),
      () => sdks.openai.embeddings.create({ model: 'text-embedding-3-small', input: 'Hi' }),
    ]) {
      telemetry.records.length = 0;
      telemetry.emulator.reset();
      const { providerCostUsd, cost } = await record(use);
      expect(providerCostUsd).toBe(telemetry.emulator.ledger.entries()[0]!.proxyCostUsd);
      expect(cost.source).toBe('table');
      expect(cost.costUsd).not.toBe(providerCostUsd);
    }
  });

  it('has a missing usage for a response that is generated in the background', async () => {
    const { attempts, finishReason, cost, failure } = await record(async () => {
      const { id } = await sdks.openai.responses.create({ ...ASK, background: true });
      // Asked for again: no generation.
      expect((await sdks.openai.responses.retrieve(id)).status).toBe('completed');
    });
    expect(attempts).toMatchObject([
      {
        finishReason: 'paused',
        providerFinishReasons: ['queued'],
        usage: { source: 'missing' },
        ending: 'finished',
      },
    ]);
    expect([finishReason, cost.source, failure]).toEqual(['paused', 'unknown', null]);
  });

  it('records a response that is generated in the background and streamed', async () => {
    const { attempts } = await record(() =>
      all(sdks.openai.responses.create({ ...ASK, background: true, stream: true })),
    );
    expect(attempts.map(recorded)).toEqual(telemetry.emulator.ledger.entries().map(onBill));
  });

  it('does not estimate input that is stored at the provider', async () => {
    const { id } = await sdks.openai.responses.create(ASK);
    await llm.flush();
    telemetry.records.length = 0;
    const { usage } = await record(async () => {
      const body = {
        ...ASK,
        input: 'More. [emulate stall after=5]',
        previous_response_id: id,
        stream: true,
      } as const;
      for await (const event of await sdks.openai.responses.create(body))
        if (event.type === 'response.output_text.delta') break;
    });
    expect(usage!.source).toBe('missing');
  });

  it.each([false, true])('records a failed response (streamed: %s)', async (stream) => {
    const body = { ...ASK, input: '[emulate failed code=rate_limit_exceeded]' };
    const { failure, finishReason } = await record(() =>
      stream ? all(sdks.openai.responses.create({ ...body, stream })) : sdks.openai.responses.create(body),
    );
    expect(finishReason).toBe('error');
    expect(failure).toMatchObject({ type: 'rate_limit' });
  });

  it('records a response in plain text, which has no usage', async () => {
    const { attempts } = await record(async () =>
      sdks.openai.audio.transcriptions.create({
        model: 'gpt-4o-transcribe',
        file: await SOUND(),
        response_format: 'text',
      }),
    );
    expect(attempts).toMatchObject([
      { operation: 'transcription', usage: { source: 'missing' }, ending: 'finished' },
    ]);
  });

  describe('on cloud platforms', () => {
    /** `fetch` that takes the hosts of providers for the emulator, as a proxy would. */
    const routed = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const { pathname, search } = new URL(input instanceof Request ? input.url : input);
      return fetch(telemetry.emulator.url + pathname + search, init);
    };

    it.each([false, true])('have the provider Azure for a host of Azure (streamed: %s)', async (stream) => {
      const azure = new AzureOpenAI({
        endpoint: 'https://contoso.openai.azure.com',
        apiVersion: '2024-10-21',
        apiKey: 'canary-azure-key',
        maxRetries: 0,
        fetch: llm.wrapFetch(routed),
      });
      const { attempts, cost } = await record(async () =>
        stream
          ? all(azure.chat.completions.create({ ...chat(), stream, stream_options: { include_usage: true } }))
          : azure.chat.completions.create(chat()),
      );
      expect(attempts).toMatchObject([
        {
          provider: 'azure.ai.openai',
          server: { address: 'contoso.openai.azure.com', port: null },
          requestModel: 'gpt-4o-mini',
        },
      ]);
      expect(attempts.map(recorded)).toEqual(telemetry.emulator.ledger.entries().map(onBill));
      expect(cost.source).toBe('table');
      expect(telemetry.emulator.requests[0]!.path).toBe('/openai/deployments/gpt-4o-mini/chat/completions');
    });

    it('have the provider Azure for embeddings and responses, too', async () => {
      const azure = new AzureOpenAI({
        endpoint: 'https://contoso.openai.azure.com',
        apiVersion: '2025-04-01-preview',
        apiKey: 'canary-azure-key',
        fetch: llm.wrapFetch(routed),
      });
      const { attempts } = await record(async () => {
        await azure.embeddings.create({ model: 'text-embedding-3-small', input: 'Hi' });
        await azure.responses.create(ASK);
      });
      expect(attempts.map(({ provider, operation }) => [provider, operation])).toEqual([
        ['azure.ai.openai', 'embeddings'],
        ['azure.ai.openai', 'chat'],
      ]);
      expect(attempts.map(recorded)).toEqual(telemetry.emulator.ledger.entries().map(onBill));
    });

    /** An SDK client that writes requests as @anthropic-ai/vertex-sdk 1 and bedrock-sdk 1 do, and sends them so. */
    function anthropicAt(url: (model: string, stream: boolean) => string, keepsStream: boolean): Anthropic {
      const send = llm.wrapFetch(routed);
      return new Anthropic({
        apiKey: 'canary-key',
        maxRetries: 0,
        fetch: (_input, init) => {
          const { model, stream, ...body } = JSON.parse(init!.body as string) as Record<string, unknown>;
          const sent = { ...body, ...(keepsStream ? { stream } : {}), anthropic_version: 'x-2023' };
          return send(url(model as string, stream === true), { ...init, body: JSON.stringify(sent) });
        },
      });
    }

    it.each([false, true])(
      'have the provider Vertex for a host of Vertex (streamed: %s)',
      async (streamed) => {
        const vertex = anthropicAt(
          (model, stream) =>
            `https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/` +
            `${model}:${stream ? 'streamRawPredict' : 'rawPredict'}`,
          true,
        );
        const body = { ...message(), model: 'claude-haiku-4-5@20251001' };
        const { attempts, cost } = await record(() =>
          streamed ? all(vertex.messages.create({ ...body, stream: true })) : vertex.messages.create(body),
        );
        expect(attempts).toMatchObject([
          {
            provider: 'gcp.vertex_ai',
            requestModel: 'claude-haiku-4-5@20251001',
            parameters: { stream: streamed },
          },
        ]);
        expect(attempts.map(recorded)).toEqual(telemetry.emulator.ledger.entries().map(onBill));
        expect(cost.source).toBe('table');
      },
    );

    const bedrock = (): Anthropic =>
      anthropicAt(
        (model, stream) =>
          `https://bedrock-runtime.us-east-1.amazonaws.com/model/${encodeURIComponent(model)}/` +
          (stream ? 'invoke-with-response-stream' : 'invoke'),
        false,
      );
    const claude = { ...message(), model: 'us.anthropic.claude-haiku-4-5-20251001-v1:0' };

    it('have the provider Bedrock for a host of Bedrock, and the price of its region', async () => {
      const { attempts, cost } = await record(() => bedrock().messages.create(claude));
      const [bill] = telemetry.emulator.ledger.entries();
      expect(attempts).toMatchObject([
        {
          provider: 'aws.bedrock',
          requestModel: claude.model,
          requestId: bill!.requestId,
          usage: { source: 'provider', inputTokens: bill!.inputTokens, outputTokens: bill!.outputTokens },
        },
      ]);
      expect(cost.source).toBe('table');
    });

    it('have a missing usage in AWS event streams, whose bytes are not changed', async () => {
      const { attempts, cost, failure } = await record(async () => {
        const response = await bedrock()
          .messages.create({ ...claude, stream: true })
          .asResponse();
        expect(response.headers.get('content-type')).toBe('application/vnd.amazon.eventstream');
        expect((await response.bytes()).length).toBeGreaterThan(1000);
      });
      expect(attempts).toMatchObject([
        {
          requestModel: claude.model,
          parameters: { stream: true },
          usage: { source: 'missing' },
          ending: 'finished',
        },
      ]);
      expect([cost.source, failure]).toEqual(['unknown', null]);
    });
  });

  it('records no requests that generate nothing', async () => {
    const { openai, anthropic } = sdks;
    const { id } = await openai.responses.create(ASK);
    await llm.flush();
    telemetry.records.length = 0;
    await Promise.allSettled([
      openai.models.list(),
      openai.models.retrieve('gpt-4o-mini'),
      openai.responses.retrieve(id),
      openai.responses.inputItems.list(id),
      openai.responses.inputTokens.count(ASK),
      openai.responses.cancel(id),
      openai.files.create({ purpose: 'batch', file: await toFile(Buffer.from('{}'), 'batch.jsonl') }),
      openai.batches.create({ completion_window: '24h', endpoint: '/v1/responses', input_file_id: 'file-1' }),
      openai.moderations.create({ input: 'Hi' }),
      anthropic.models.list(),
      anthropic.messages.countTokens({ model: 'claude-haiku-4-5', messages: message().messages }),
      anthropic.messages.batches.create({ requests: [{ custom_id: '1', params: message() }] }),
      anthropic.beta.files.upload({ file: await anthropicFile(Buffer.from('x'), 'x.txt') }),
    ]);
    await llm.flush();
    expect(telemetry.emulator.requests).toHaveLength(14);
    expect(telemetry.records).toEqual([]);
  });
});
