import { LibraryCopy } from '../support/library-copy.js';

/** The only change to the library: a fictional wire format of a fictional provider. */
const FORMAT = `  {
    operation: 'moderation',
    provider: 'house',
    pathEndings: ['/moderate'],
    matches: (path) => path.endsWith('/moderate'),
    accepts: (keys) => keys.has('texts'),
    requestKeys: new Set(['model', 'stream']),
    rateLimitHeaders: ['x-house-remaining'],
    readRequest: ({ model, stream }) => ({ model: String(model), stream: stream === true }),
    inputBytes: () => null,
    readResponse: ({ model, tokens, labels }, response) => {
      response.model = String(model);
      response.usage.inputTokens = Number(tokens);
      response.usage.outputTokens = 0;
      response.hasContent = Array.isArray(labels);
      response.complete = true;
    },
    readEvent: (data, response) => {
      const { tokens, label } = JSON.parse(data) as { tokens?: number; label?: string };
      if (label !== undefined) response.outputChunks++;
      if (tokens === undefined) return;
      response.usage.inputTokens = tokens;
      response.usage.outputTokens = 0;
      response.complete = true;
    },
  },
`;

/** Application that sends requests in the new format, and a server that responds to them. */
const APPLICATION = `
import 'reflect-metadata';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { LlmTelemetry, LlmTelemetryModule, type CallRecord } from './llm-telemetry/index.js';

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const streamed = body.includes('"stream":true');
  response.setHeader('content-type', streamed ? 'text/event-stream' : 'application/json');
  response.setHeader('x-house-remaining', '7');
  if (streamed) response.end('data: {"label":"ok"}\\n\\ndata: {"tokens":30}\\n\\n');
  else response.end('{"model":"gate-2","tokens":42,"labels":["ok"]}');
}).listen(0, '127.0.0.1');
await new Promise((listening) => server.once('listening', listening));
const url = \`http://127.0.0.1:\${(server.address() as AddressInfo).port}/v1/moderate\`;

const records: CallRecord[] = [];
@Module({
  imports: [
    LlmTelemetryModule.forRoot({
      store: false,
      dashboard: false,
      pricing: { hosts: { '127.0.0.1': 'native' }, overrides: { gate: { input: 1, output: 0 }, 'gate-2': { input: 2, output: 0 } } },
      onCall: (record) => void records.push(record),
    }),
  ],
})
class Application {}

const app = await NestFactory.createApplicationContext(Application, { logger: false });
const telemetry = app.get(LlmTelemetry);
const post = (body: object): Promise<void> =>
  telemetry.run({ feature: 'forum', operation: 'moderate' }, async () => {
    await (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).text();
  });
await post({ model: 'gate', texts: ['hello'] });
await post({ model: 'gate', texts: ['hello'], stream: true });
await post({ query: 'not a model request' });
await telemetry.flush();
await app.close();
server.close();
console.log(
  JSON.stringify({
    attempts: records.map(({ attempts }) =>
      attempts.map(({ operation, provider, requestModel, responseModel, usage, cost, rateLimits }) => ({
        operation, provider, requestModel, responseModel, rateLimits,
        inputTokens: usage?.inputTokens,
        source: usage?.source,
        cost,
      })),
    ),
    spans: exporter.getFinishedSpans().map(({ name }) => name).sort(),
  }),
);
`;

describe('a new entry in the list of wire formats', () => {
  const copy = new LibraryCopy(APPLICATION);
  let seen: Record<string, unknown>;
  beforeAll(() => {
    copy.insert('wire/formats/built-in-formats.ts', FORMAT, '];\n');
    seen = copy.run();
  }, 300_000);
  afterAll(() => copy.remove());

  it('captures and prices responses, streams and rate limits of the format', () => {
    expect(seen['attempts']).toMatchObject([
      [
        {
          operation: 'moderation',
          provider: 'house',
          requestModel: 'gate',
          responseModel: 'gate-2',
          rateLimits: { 'x-house-remaining': '7' },
          inputTokens: 42,
          source: 'provider',
          cost: { source: 'override', costUsd: (42 * 2) / 1e6 },
        },
      ],
      [
        {
          requestModel: 'gate',
          responseModel: null,
          inputTokens: 30,
          source: 'provider',
          cost: { source: 'override', costUsd: 30 / 1e6 },
        },
      ],
      [],
    ]);
  });

  it('names the spans of its requests after its operation', () => {
    expect(seen['spans']).toEqual([
      'llm.moderate',
      'llm.moderate',
      'llm.moderate',
      'moderation gate',
      'moderation gate',
    ]);
  });
});
