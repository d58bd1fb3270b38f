import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { LlmTelemetry, type CallRecord, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { CollectedSpans } from '../../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../../support/telemetry-app.js';

/** Application with clients of both SDKs that verifies the claims of docs/capture.md. Stopped after each test. */

const NAME = { feature: 'docs', operation: 'capture' };
export const ASK = { model: 'gpt-4o-mini', input: 'Say hello.' };
export const spans = new CollectedSpans();

export let telemetry: TelemetryApp;
export let openai: OpenAI;
export let anthropic: Anthropic;
export async function start(options: LlmTelemetryOptions = {}): Promise<void> {
  spans.clear();
  telemetry = await startTelemetryApp({ options });
  openai = telemetry.get(OpenAI);
  anthropic = telemetry.get(Anthropic);
}
afterEach(() => telemetry?.stop());

export async function recordOf(work: () => unknown): Promise<CallRecord> {
  await telemetry
    .get(LlmTelemetry)
    .run(NAME, async () => void (await work()))
    .catch(() => {});
  await telemetry.flush();
  return telemetry.records.at(-1)!;
}

/** Starts a server that responds to every request with the same body. */
export async function serve(
  body: string,
  headers: Record<string, string>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

export const post = (url: string, body: object): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
