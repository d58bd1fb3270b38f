import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { LlmTelemetry, LlmTelemetryQueries } from 'nestjs-llm-telemetry';
import { startProviderEmulator, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import { AppModule, records } from './app.module';

describe('AppModule', () => {
  let emulator: ProviderEmulator;
  let app: INestApplication;

  beforeAll(async () => {
    emulator = await startProviderEmulator();
    process.env['OPENAI_BASE_URL'] = emulator.openaiBaseUrl;
    process.env['OPENAI_API_KEY'] = 'sk-not-a-key';
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication({ logger: ['error', 'warn'] });
    await app.listen(0, '127.0.0.1');
  });

  afterAll(async () => {
    await app.close();
    await emulator.stop();
  });

  it('records the cost of a summary', async () => {
    const response = await fetch(`${await app.getUrl()}/orders/summarize`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ order_text: 'Order 1042: two lamps, delayed, customer informed.' }),
    });
    expect(response.status).toBe(201);
    await app.get(LlmTelemetry).flush();

    const billed = emulator.ledger.entries()[0]!;
    expect(records).toMatchObject([
      {
        feature: 'order_dashboard',
        operation: 'summarize',
        route: 'POST /orders/summarize',
        finishReason: 'stop',
        usage: { inputTokens: billed.inputTokens, outputTokens: billed.outputTokens, source: 'provider' },
        cost: { source: 'table' },
      },
    ]);
    // gpt-4o-mini: $0.15 and $0.60 per million tokens.
    const usd = (billed.inputTokens * 0.15 + billed.outputTokens * 0.6) / 1e6;
    expect(records[0]!.cost.costUsd).toBeCloseTo(usd, 10);
    expect(await app.get(LlmTelemetryQueries).summary()).toMatchObject({ calls: 1 });
  });
});
