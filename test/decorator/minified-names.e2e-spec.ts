import { Injectable } from '@nestjs/common';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

@Injectable()
class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(options: OpenAI.RequestOptions, text?: string): Promise<void> {
    await this.openai.chat.completions.create(chat(text), options);
  }
}

// https://github.com/openkaiden/kaiden/pull/2668: a check of a class name failed in a minified bundle.
// https://github.com/evanw/esbuild/issues/1316: names are restored only after decorators have run.
describe('errors of an SDK whose class names are minified', () => {
  const classes = Object.values(OpenAI).filter(
    (value): value is typeof OpenAI.APIError =>
      typeof value === 'function' && value.prototype instanceof Error,
  );
  const names = classes.map(({ name }) => name);
  let telemetry: TelemetryApp;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ providers: [Assistant] });
    for (const errorClass of classes) Object.defineProperty(errorClass, 'name', { value: 'a' });
  });
  afterAll(async () => {
    for (const [index, errorClass] of classes.entries())
      Object.defineProperty(errorClass, 'name', { value: names[index]! });
    await telemetry.stop();
  });

  it.each<[string, OpenAI.RequestOptions, string]>([
    ['rate_limit', {}, '[emulate rate_limit] Hi'],
    ['auth', {}, '[emulate auth] Hi'],
    ['context_window_exceeded', {}, '[emulate context_length] Hi'],
    ['timeout', { timeout: 50 }, '[emulate stall] Hi'],
    ['timeout', { signal: AbortSignal.timeout(50) }, '[emulate stall] Hi'],
    ['aborted', { signal: AbortSignal.abort() }, 'Hi'],
  ])('have the type %s, with %j', async (type, options, text) => {
    expect(classes.length).toBeGreaterThan(5);
    telemetry.records.length = 0;
    await expect(telemetry.get(Assistant).summarize(options, text)).rejects.toThrow();
    await telemetry.flush();
    expect(telemetry.records).toMatchObject([{ failure: { type } }]);
  });
});
