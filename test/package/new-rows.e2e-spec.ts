import { join } from 'node:path';
import { LibraryCopy } from '../support/library-copy.js';

/** The only changes to the library: a fictional kind of token, … */
const PART = `  /** The part of the input that was video. */
  videoInputTokens: {
    of: 'input',
    kind: 'part',
    price: {
      /** USD per million tokens of video. */
      videoInput: ['input_video_mtok'],
    },
    attribute: { name: 'gen_ai.usage.video.input_tokens' },
    callAttribute: 'llm.video_tokens',
    modality: 'video',
    measure: 'videoInputTokens',
    label: 'Video input',
  },
`;

/** … and a fictional sum: the calls of one provider. */
const SUM = `  /** Calls with an attempt at the provider "house". */
  houseCalls: {
    of: 'any_attempt',
    unit: 'calls',
    matches: ({ provider }) => provider === 'house',
  },
`;

/** Application that uses both. It is compiled with the library, so it also tests the public types. */
const APPLICATION = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { METRICS } from './llm-telemetry/analytics/measure-series.js';
import { CALL_STORE, type CallStore } from './llm-telemetry/store/call-store.js';
import { receiptOf } from './llm-telemetry/dashboard/ui/call/receipt.js';
import {
  currentLlmCall,
  LlmTelemetry,
  LlmTelemetryModule,
  LlmTelemetryQueries,
  type CallRecord,
} from './llm-telemetry/index.js';
import { emptyResponse } from './llm-telemetry/wire/response-draft.js';
import { toUsage } from './llm-telemetry/wire/to-usage.js';

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));

const records: CallRecord[] = [];
@Module({
  imports: [
    LlmTelemetryModule.forRoot({
      store: { path: process.argv[2]! },
      dashboard: false,
      pricing: { hosts: { '127.0.0.1': 'native' }, overrides: { film: { input: 1, output: 2, videoInput: 3 } } },
      onCall: (record) => void records.push(record),
    }),
  ],
})
class Application {}

const app = await NestFactory.createApplicationContext(Application, { logger: false });
const telemetry = app.get(LlmTelemetry);
const response = { provider: 'house', usage: { inputTokens: 100, videoInputTokens: 40, outputTokens: 10 } };
const watch = (model: string): Promise<void> =>
  telemetry.run({ feature: 'film', operation: 'watch' }, async () => {
    currentLlmCall()!.recordResponse({ ...response, model });
    currentLlmCall()!.recordResponse({ ...response, model });
  });
await watch('film');
await watch('unpriced');
await telemetry.flush();

const store: CallStore = app.get(CALL_STORE);
const range = { from: 0, to: Date.now() + 60_000 };
const { calls } = await store.calls({ range, where: { model: ['film'] }, limit: 1 });
const stored = (await store.call(calls[0]!.id))!.record;
const { groups } = await store.measure({ range });
const metrics = ['houseCalls', 'videoInputTokens'] as const;
const timeline = await app.get(LlmTelemetryQueries).timeline({ metrics });
const draft = emptyResponse();
draft.usage = { ...draft.usage, inputTokens: 30, videoInputTokens: 50, outputTokens: 1 };
const { videoInputTokens, clamped } = toUsage(draft, true, () => null);
const rows = ({ attempts }: CallRecord) =>
  receiptOf(attempts[0]!).rows.map(({ label, quantity, rate }) => [label, quantity, rate]);
console.log(
  JSON.stringify({
    clamped: { videoInputTokens, clamped },
    recorded: records[0]!.usage!.videoInputTokens,
    costUsd: records[0]!.cost.costUsd,
    stored: [stored.usage!.videoInputTokens, stored.attempts[0]!.usage!.videoInputTokens],
    measured: groups[0]!.measures.videoInputTokens,
    summed: groups[0]!.measures.houseCalls,
    named: metrics.every((metric) => METRICS.includes(metric)),
    timeline: metrics.map((metric) => Math.max(...timeline.total[metric]!.map((value) => value ?? 0))),
    spans: exporter
      .getFinishedSpans()
      .slice(0, 3)
      .map(({ attributes }) => [
        attributes['llm.video_tokens'] ?? null,
        attributes['gen_ai.usage.video.input_tokens'] ?? null,
      ])
      .sort(),
    priced: rows(records[0]!),
    unpriced: rows(records[1]!),
  }),
);
await app.close();
`;

const copy = new LibraryCopy(APPLICATION);
let seen: Record<string, unknown>;
beforeAll(() => {
  copy.insert('wire/usage-table.ts', PART, '} as const satisfies Readonly<Record<string, UsagePart>>;');
  copy.insert('store/measure-table.ts', SUM, '} as const satisfies Record<string, SumRow>');
  seen = copy.run(join(copy.folder, 'calls.db'));
}, 300_000);
afterAll(() => copy.remove());

describe('a new kind of token', () => {
  it('is clamped to its total', () => {
    expect(seen['clamped']).toEqual({ videoInputTokens: 30, clamped: true });
  });

  it('is added over the attempts of a call', () => {
    expect(seen['recorded']).toBe(80);
  });

  it('has its own price and is not priced as plain input', () => {
    expect(seen['costUsd']).toBe((2 * (60 * 1 + 40 * 3 + 10 * 2)) / 1e6);
  });

  it('is stored, read back and summed by the store', () => {
    expect(seen['stored']).toEqual([80, 40]);
    expect(seen['measured']).toBe(160);
  });

  it('is an attribute of the spans of calls and attempts', () => {
    expect(seen['spans']).toEqual([
      [null, 40],
      [null, 40],
      [80, null],
    ]);
  });

  it('has a row in the receipt of the dashboard, with and without a price', () => {
    expect(seen['priced']).toContainEqual(['Video input', '40', '3.00']);
    expect(seen['priced']).toContainEqual(['Input', '60', '1.00']);
    expect(seen['unpriced']).toContainEqual(['Video input', '40', null]);
    expect(seen['unpriced']).toContainEqual(['Input', '60', null]);
  });

  it('is documented in the published types by the comments of its row', () => {
    const types = copy.read('dist/llm-telemetry/wire/usage-table.d.ts');
    expect(types).toMatch(/\/\*\* The part of the input that was video\. \*\/\s+readonly videoInputTokens: /);
    expect(types).toMatch(/\/\*\* USD per million tokens of video\. \*\/\s+readonly videoInput: /);
  });
});

describe('a new sum', () => {
  it('is added up by rollups and is a measure of the store', () => {
    expect(seen['summed']).toBe(2);
  });

  it('is a metric of the API, like the measure of a new kind of token', () => {
    expect(seen['named']).toBe(true);
    expect(seen['timeline']).toEqual([2, 160]);
  });

  it('is documented in the published types by the comment of its row', () => {
    const types = copy.read('dist/llm-telemetry/store/measure-table.d.ts');
    expect(types).toMatch(
      /\/\*\* Calls with an attempt at the provider "house"\. \*\/\s+readonly houseCalls: /,
    );
  });
});
