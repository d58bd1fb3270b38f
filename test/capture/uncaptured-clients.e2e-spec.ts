import { Injectable } from '@nestjs/common';
import OpenAI from 'openai';
import request from 'supertest';
import type { Status } from '../../src/llm-telemetry/dashboard/api/index.js';
import { startProviderEmulator } from 'nestjs-llm-telemetry/testing';

/** Client that is created before the library is imported and therefore keeps the original `fetch`. */
const emulator = await startProviderEmulator();
const uncaptured = new OpenAI({
  apiKey: 'sk-a',
  baseURL: emulator.openaiBaseUrl,
  maxRetries: 0,
  fetch: globalThis.fetch,
});

const { LlmCall, LlmTelemetry } = await import('nestjs-llm-telemetry');
const { startTelemetryApp } = await import('../support/telemetry-app.js');
const { chat } = await import('../support/prompts.js');

@Injectable()
class Uncaptured {
  @LlmCall({ feature: 'uncaptured', operation: 'ask' })
  async ask(openai: OpenAI): Promise<string> {
    return (await openai.chat.completions.create(chat())).id;
  }

  @LlmCall({ feature: 'uncaptured', operation: 'nothing' })
  async nothing(): Promise<void> {}
}

describe('a client created before the library was imported', () => {
  afterAll(() => emulator.stop());

  it('works unchanged, and the library logs one warning that explains the fix', async () => {
    const telemetry = await startTelemetryApp({ providers: [Uncaptured] });
    const service = telemetry.get(Uncaptured);
    expect(await service.ask(uncaptured)).toMatch(/^chatcmpl-/);
    await service.ask(uncaptured);
    const warnings = telemetry.logger.of('LlmTelemetry').filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]!.text).toContain('Import "nestjs-llm-telemetry/register" first in main.ts');
    expect(warnings[0]!.text).toContain('wrapFetch');
    expect(telemetry.records.map(({ attempts, usage }) => [attempts.length, usage])).toEqual([
      [0, null],
      [0, null],
    ]);
    await telemetry.stop();
  });

  it('is captured through wrapFetch', async () => {
    const telemetry = await startTelemetryApp({ providers: [Uncaptured] });
    const wrapped = uncaptured.withOptions({
      fetch: telemetry.get(LlmTelemetry).wrapFetch(globalThis.fetch),
    });
    await telemetry.get(Uncaptured).ask(wrapped);
    expect(telemetry.records).toMatchObject([
      { feature: 'uncaptured', finishReason: 'stop', attempts: [{}] },
    ]);
    expect(telemetry.logger.of('LlmTelemetry').filter(({ level }) => level === 'warn')).toEqual([]);
    await telemetry.stop();
  });

  it('is counted as missed requests in the status of the dashboard', async () => {
    const telemetry = await startTelemetryApp({ providers: [Uncaptured] });
    const captured = async (): Promise<unknown> => {
      const { body } = await request(telemetry.app.getHttpServer()).get('/llm/api/status').expect(200);
      return (body as Status).capture;
    };
    expect(await captured()).toEqual({
      requests: 0,
      missedRequests: 0,
      missedHost: null,
      missedByHost: {},
      missedByTransport: {},
    });
    await telemetry.get(Uncaptured).ask(uncaptured);
    await telemetry.get(Uncaptured).ask(uncaptured);
    const { host } = new URL(emulator.openaiBaseUrl);
    const missed = {
      missedRequests: 2,
      missedHost: host,
      missedByHost: { [host]: 2 },
      missedByTransport: { undici: { [host]: 2 } },
    };
    expect(await captured()).toEqual({ requests: 0, ...missed });
    const wrapped = uncaptured.withOptions({
      fetch: telemetry.get(LlmTelemetry).wrapFetch(globalThis.fetch),
    });
    await telemetry.get(Uncaptured).ask(wrapped);
    expect(await captured()).toEqual({ requests: 1, ...missed });
    await telemetry.stop();
  });

  it('is reported in a warning if an annotated method sends no model request', async () => {
    const telemetry = await startTelemetryApp({ providers: [Uncaptured] });
    await telemetry.get(Uncaptured).nothing();
    const warnings = telemetry.logger.of('LlmTelemetry').filter(({ level }) => level === 'warn');
    expect(warnings.map(({ text }) => text)).toEqual([
      expect.stringContaining('No model request was captured in uncaptured/nothing.'),
    ]);
    await telemetry.stop();
  });
});
