import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import { RecordCollector } from '../support/record-collector.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** An application that observes agents, started for the suite that imports this file. */
export const records = new RecordCollector();
export let telemetry: TelemetryApp;
export let llm: LlmTelemetry;

beforeAll(async () => {
  telemetry = await startTelemetryApp({ options: { onCall: records.onCall } });
  llm = telemetry.get(LlmTelemetry);
});
afterAll(() => telemetry.stop());
beforeEach(() => records.clear());

/** Runs `work` as the call `ask` of the feature `agents`. */
export function inCall<T>(work: () => Promise<T>): Promise<T> {
  return llm.run({ feature: 'agents', operation: 'ask' }, work);
}

/** Returns messages as a query does, and throws `error` at their end if it is set. */
export async function* scripted(
  messages: readonly unknown[],
  error?: Error,
): AsyncGenerator<SDKMessage, void> {
  for (const message of messages) yield message as SDKMessage;
  if (error) throw error;
}
