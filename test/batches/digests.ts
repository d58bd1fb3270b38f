import { Injectable } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import { LlmCall, type CallRecord, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import OpenAI, { toFile } from 'openai';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Service that creates batches with one feature and collects their results with another. */
@Injectable()
export class Digests {
  constructor(
    private readonly openai: OpenAI,
    private readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'digests', operation: 'submit' })
  async submit(...prompts: string[]): Promise<string> {
    const lines = prompts.map((content, index) =>
      JSON.stringify({
        custom_id: `digest-${index}`,
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content }] },
      }),
    );
    const file = await this.openai.files.create({
      file: await toFile(Buffer.from(lines.join('\n')), 'batch.jsonl'),
      purpose: 'batch',
    });
    const batch = await this.openai.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    return batch.id;
  }

  @LlmCall({ feature: 'collector', operation: 'collect' })
  async collect(id: string): Promise<string> {
    const { output_file_id: output, error_file_id: error } = await this.openai.batches.retrieve(id);
    const texts: string[] = [];
    for (const file of [output, error])
      if (file) texts.push(await (await this.openai.files.content(file)).text());
    return texts.join('\n');
  }

  @LlmCall({ feature: 'collector', operation: 'poll' })
  async poll(id: string): Promise<string> {
    return (await this.openai.batches.retrieve(id)).status;
  }

  @LlmCall({ feature: 'triage', operation: 'submit' })
  async submitMessages(...prompts: string[]): Promise<string> {
    const batch = await this.anthropic.messages.batches.create({
      requests: prompts.map((content, index) => ({
        custom_id: `ticket-${index}`,
        params: { model: 'claude-haiku-4-5', max_tokens: 100, messages: [{ role: 'user', content }] },
      })),
    });
    return batch.id;
  }

  @LlmCall({ feature: 'collector', operation: 'collect' })
  async collectMessages(id: string): Promise<number> {
    let succeeded = 0;
    for await (const { result } of await this.anthropic.messages.batches.results(id))
      if (result.type === 'succeeded') succeeded++;
    return succeeded;
  }
}

const running: TelemetryApp[] = [];

afterEach(async () => {
  for (const telemetry of running.splice(0).toReversed()) await telemetry.stop();
});

/** Starts an application that is stopped after the test. @param before - the application whose emulator is used, as after a restart */
export async function startBatches(
  options: LlmTelemetryOptions = { store: {} },
  before?: TelemetryApp,
): Promise<TelemetryApp> {
  const telemetry = await startTelemetryApp({ providers: [Digests], options, emulator: before?.emulator });
  running.push(telemetry);
  return telemetry;
}

/** Returns records by the id of their item. */
export const byItem = (records: readonly CallRecord[]): Record<string, CallRecord> =>
  Object.fromEntries(records.map((record) => [record.batch?.item ?? 'none', record]));
