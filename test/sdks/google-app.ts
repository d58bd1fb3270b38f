import type { IncomingMessage, ServerResponse } from 'node:http';
import { GoogleGenAI, type GenerateContentResponse, type GoogleGenAIOptions } from '@google/genai';
import { LlmTelemetry, type AttemptRecord, type CallRecord } from 'nestjs-llm-telemetry';
import { StubProvider } from '../support/stub-provider.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** An application and a server that sends what the Gemini API sends, started for the suite that imports this file. */

export const MODEL = 'gemini-2.5-flash';

/** What the API sends: the class of the SDK without its getters. */
type Sent = Partial<Omit<GenerateContentResponse, 'usageMetadata' | 'candidates'>> &
  Pick<GenerateContentResponse, 'candidates'> & { usageMetadata?: object };

export const USAGE = {
  promptTokenCount: 9,
  cachedContentTokenCount: 4,
  candidatesTokenCount: 12,
  thoughtsTokenCount: 30,
  totalTokenCount: 51,
};

export function answer(text: string, extra: object = {}, usageMetadata: object = USAGE): Sent {
  return {
    candidates: [
      { content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' as never, index: 0, ...extra },
    ],
    usageMetadata,
    modelVersion: MODEL,
    responseId: 'r1',
  } as Sent;
}

export function part(text: string, count: number): Sent {
  return {
    candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0 }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: count, totalTokenCount: 9 + count },
    modelVersion: MODEL,
    responseId: 'r1',
  } as Sent;
}

export const EXPECTED_USAGE = {
  inputTokens: 9,
  cachedInputTokens: 4,
  outputTokens: 42,
  reasoningTokens: 30,
  source: 'provider',
};

export const json =
  (body: unknown, status = 200) =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
    response.end(JSON.stringify(body));
  };

/** Sends server-sent events with CRLF, as Google does. Without `end`, the response stays open. */
export const sse =
  (events: readonly object[], end = true) =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) response.write(`data: ${JSON.stringify(event)}\r\n\r\n`);
    if (end) response.end();
  };

export const RATE_LIMITED = {
  error: {
    code: 429,
    message: 'You exceeded your current quota.',
    status: 'RESOURCE_EXHAUSTED',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' }],
  },
};

let telemetry: TelemetryApp;
export let provider: StubProvider;
/** Paths of the received requests. */
export let paths: string[];
beforeAll(async () => {
  provider = await StubProvider.start();
  telemetry = await startTelemetryApp();
});
afterAll(async () => {
  await telemetry.stop();
  await provider.stop();
});
beforeEach(() => {
  telemetry.records.length = 0;
  paths = [];
});

/** Responds to the next requests, in this order. */
export function script(...responses: ReadonlyArray<ReturnType<typeof json>>): void {
  const left = [...responses];
  provider.respond = (request, response) => {
    paths.push(request.url!);
    left.shift()!(request, response);
  };
}

/** Runs `use` as a call and returns its record. */
export async function record(use: () => Promise<unknown>): Promise<CallRecord> {
  await telemetry.get(LlmTelemetry).run({ feature: 'google', operation: 'ask' }, use);
  await telemetry.flush();
  expect(telemetry.records).toHaveLength(1);
  return telemetry.records[0]!;
}

/** Runs `use` as a call and returns its only attempt. */
export async function attempt(use: () => Promise<unknown>): Promise<AttemptRecord> {
  const { attempts } = await record(use);
  expect(attempts).toHaveLength(1);
  return attempts[0]!;
}

/** Creates a client of the server. */
export const genai = (options: GoogleGenAIOptions = {}): GoogleGenAI =>
  new GoogleGenAI({
    apiKey: 'canary-key',
    ...options,
    httpOptions: { baseUrl: provider.url, ...options.httpOptions },
  });

/** Returns the error that `use` throws. */
export const failure = async (use: () => Promise<unknown>): Promise<unknown> => {
  try {
    return await use();
  } catch (error) {
    return error;
  }
};
