import { GoogleGenAI, JobState } from '@google/genai';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const MODEL = 'gemini-2.5-flash';

describe('a batch of @google/genai', () => {
  let telemetry: TelemetryApp;
  let ai: GoogleGenAI;

  beforeEach(async () => {
    telemetry = await startTelemetryApp({ options: { store: {} } });
    ai = new GoogleGenAI({
      apiKey: 'canary-key',
      httpOptions: { baseUrl: telemetry.emulator.geminiBaseUrl },
    });
  });
  afterEach(() => telemetry.stop());

  const run = <T>(operation: string, work: () => T): T =>
    telemetry.get(LlmTelemetry).run({ feature: 'digests', operation }, work);

  const submit = (): Promise<string> =>
    run('submit', async () => {
      const { name } = await ai.batches.create({
        model: MODEL,
        src: [
          { contents: 'Summarize the news.', metadata: { key: 'news' } },
          { contents: '[emulate overloaded] Summarize the weather.', metadata: { key: 'weather' } },
        ],
      });
      return name!;
    });

  it('records each inlined response once, at the price of batches, for the feature that created the batch', async () => {
    const name = await submit();
    for (let poll = 0; poll < 2; poll++) {
      const { state, dest } = await run('collect', () => ai.batches.get({ name }));
      expect(state).toBe(JobState.JOB_STATE_SUCCEEDED);
      expect(dest?.inlinedResponses).toHaveLength(2);
      await telemetry.flush();
    }
    const billed = telemetry.emulator.ledger.entries().find(({ status }) => status === 200)!;
    expect(telemetry.records).toMatchObject([
      {
        feature: 'digests',
        operation: 'submit',
        provider: 'gcp.gemini',
        model: MODEL,
        batch: { id: name, item: 'news' },
        usage: {
          inputTokens: billed.inputTokens,
          outputTokens: billed.outputTokens,
          reasoningTokens: billed.reasoningTokens,
          serviceTier: 'batch',
          source: 'provider',
        },
        failure: null,
      },
      {
        feature: 'digests',
        operation: 'submit',
        batch: { item: 'weather' },
        failure: { type: 'overloaded' },
      },
    ]);
    expect(telemetry.records[0]!.cost.costUsd).toBeCloseTo(
      (billed.inputTokens * 0.3 + billed.outputTokens * 2.5) / 2 / 1e6,
      12,
    );
  });
});
