import { LlmTelemetry, type CallRecord } from 'nestjs-llm-telemetry';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { startScriptedProvider, type ScriptedProvider } from './scripted-provider.js';

/** An application and a server that sends scripted responses, started for the suite that imports this file. */
let telemetry: TelemetryApp;
export let provider: ScriptedProvider;

beforeAll(async () => {
  provider = await startScriptedProvider();
  telemetry = await startTelemetryApp({ options: { store: false, dashboard: false } });
});

afterAll(async () => {
  await telemetry.stop();
  await provider.stop();
});

/** Runs `work` as a call and returns its record. */
export async function recordOf(work: () => Promise<unknown>): Promise<CallRecord> {
  telemetry.records.length = 0;
  await telemetry.get(LlmTelemetry).run({ feature: 'test', operation: 'ask' }, work);
  await telemetry.flush();
  expect(telemetry.records).toHaveLength(1);
  return telemetry.records[0]!;
}

/** Reads a stream to the end. */
export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

/** Reads the first item and leaves the stream. */
export async function leave(stream: AsyncIterable<unknown>): Promise<void> {
  // oxlint-disable-next-line no-unreachable-loop -- the application leaves
  for await (const _ of stream) break;
}
