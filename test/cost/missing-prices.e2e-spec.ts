import { Injectable } from '@nestjs/common';
import { currentLlmCall, LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

@Injectable()
class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(model: string): Promise<void> {
    await this.openai.chat.completions.create({ ...chat(), model });
  }

  @LlmCall({ feature: 'orders', operation: 'local' })
  local(model: string): void {
    currentLlmCall()!.recordResponse({ provider: 'openai', model, usage: { inputTokens: 1 } });
  }
}

describe('a missing price', () => {
  let telemetry: TelemetryApp;
  beforeEach(async () => {
    telemetry = await startTelemetryApp({ providers: [Assistant] });
  });
  afterEach(() => telemetry.stop());
  const warnings = (): string[] =>
    telemetry.logger
      .of('LlmTelemetry')
      .filter(({ level, text }) => level === 'warn' && text.startsWith('Unknown cost: '))
      .map(({ text }) => text);

  it('is logged once per model and recorded as an unknown cost', async () => {
    const assistant = telemetry.get(Assistant);
    for (const model of ['my-model', 'my-model', 'gpt-4o-mini', 'gpt-4o-minimal'])
      await assistant.summarize(model);
    await telemetry.flush();
    expect(warnings()).toEqual([
      'Unknown cost: no price for openai my-model. Add the price to pricing.overrides or pricing.file. Logged once.',
      'Unknown cost: no price for openai gpt-4o-minimal. Add the price to pricing.overrides or pricing.file. Logged once.',
    ]);
    expect(telemetry.records.map(({ cost }) => cost.source)).toEqual([
      'unknown',
      'unknown',
      'table',
      'unknown',
    ]);
    expect(telemetry.records[0]!.attempts[0]!.cost).toEqual({
      source: 'unknown',
      reason: 'no price for openai my-model',
      reasonCode: 'unpriced_model',
    });
  });

  it('is logged for at most 100 models if model names come from users', async () => {
    const assistant = telemetry.get(Assistant);
    assistant.local('evil\nmodel');
    for (let index = 0; index < 500; index++) assistant.local(`model-${index}`);
    await telemetry.flush();
    expect(warnings().length).toBeLessThanOrEqual(100);
    expect(warnings()[0]).toContain('no price for openai evil model.');
  });
});
