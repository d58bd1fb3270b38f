import { Injectable } from '@nestjs/common';
import { currentLlmCall, LlmCall, LlmTelemetryAlerts, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat } from '../../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../../support/telemetry-app.js';

/** Application with alerts that verifies the claims of docs/alerts.md. Stopped after each test. */

@Injectable()
export class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(): Promise<void> {
    await this.openai.chat.completions.create(chat());
  }

  /** Fires `unpriced_calls`. */
  @LlmCall({ feature: 'orders', operation: 'local' })
  unpriced(): void {
    currentLlmCall()!.recordResponse({ provider: 'local', model: 'my-model', usage: { inputTokens: 1 } });
  }
}

let telemetry: TelemetryApp | undefined;
afterEach(async () => {
  await telemetry?.stop();
  telemetry = undefined;
});

export async function start(options: LlmTelemetryOptions): Promise<TelemetryApp> {
  telemetry = await startTelemetryApp({ providers: [Assistant], options });
  return telemetry;
}

export async function evaluate(app: TelemetryApp): Promise<void> {
  await app.flush();
  await app.get(LlmTelemetryAlerts).evaluate();
}

export const logged = (app: TelemetryApp): string[] =>
  app.logger.entries.map(({ text }) => text).filter((text) => text.startsWith('alert='));
