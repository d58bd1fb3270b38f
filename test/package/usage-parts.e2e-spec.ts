import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** The only change to the library: a fictional kind of token. */
const ROW = `
  /** The part of the input that was video. */
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

/** Application that uses the new part. It is compiled with the library, so it also tests the public types. */
const APPLICATION = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { CALL_STORE, type CallStore } from './llm-telemetry/store/call-store.js';
import { receiptOf } from './llm-telemetry/dashboard/ui/call/receipt.js';
import { currentLlmCall, LlmTelemetry, LlmTelemetryModule, type CallRecord } from './llm-telemetry/index.js';
import { emptyAnswer } from './llm-telemetry/wire/answer.js';
import { toUsage } from './llm-telemetry/wire/to-usage.js';

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));

const records: CallRecord[] = [];
@Module({
  imports: [
    LlmTelemetryModule.forRoot({
      store: { path: process.argv[2]! },
      dashboard: false,
      pricing: { overrides: { film: { input: 1, output: 2, videoInput: 3 } } },
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
const draft = emptyAnswer();
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

describe('a new kind of token', () => {
  let folder = '';
  let seen: Record<string, unknown>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-'));
    copyLibrary(folder);
    addRow(join(folder, 'src/llm-telemetry/wire/usage.ts'));
    writeFileSync(join(folder, 'src/application.ts'), APPLICATION);
    run(tsc, '-p', 'tsconfig.json');
    seen = JSON.parse(run('dist/application.js', join(folder, 'calls.db'))) as typeof seen;
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  it('is clamped to its total', () => {
    expect(seen['clamped']).toEqual({ videoInputTokens: 30, clamped: true });
  });

  it('is added up over the attempts of a call', () => {
    expect(seen['recorded']).toBe(80);
  });

  it('is priced by its own price and not as plain input', () => {
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
    const types = readFileSync(join(folder, 'dist/llm-telemetry/wire/usage.d.ts'), 'utf8');
    expect(types).toMatch(/\/\*\* The part of the input that was video\. \*\/\s+readonly videoInputTokens: /);
    expect(types).toMatch(/\/\*\* USD per million tokens of video\. \*\/\s+readonly videoInput: /);
  });
});

/** Copies the published sources with a configuration that compiles them. */
function copyLibrary(folder: string): void {
  cpSync(join(root, 'src/llm-telemetry'), join(folder, 'src/llm-telemetry'), {
    recursive: true,
    filter: (path) => !path.endsWith('.spec.ts'),
  });
  for (const file of ['package.json', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(join(root, file), join(folder, file === 'tsconfig.json' ? 'tsconfig.root.json' : file));
  const build = readFileSync(join(folder, 'tsconfig.build.json'), 'utf8');
  writeFileSync(
    join(folder, 'tsconfig.build.json'),
    build.replace('./tsconfig.json', './tsconfig.root.json'),
  );
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: './tsconfig.build.json',
      compilerOptions: { rootDir: 'src', outDir: 'dist', paths: {} },
      include: ['src'],
      exclude: ['src/llm-telemetry/dashboard/ui', 'src/llm-telemetry/testing', 'src/llm-telemetry/cli'],
      files: ['src/application.ts', 'src/llm-telemetry/store/sqlite/worker/main.ts'],
    }),
  );
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
}

function addRow(file: string): void {
  const source = readFileSync(file, 'utf8');
  const end = '\n} as const satisfies Readonly<Record<string, UsagePart>>;';
  expect(source.split(end)).toHaveLength(2);
  writeFileSync(file, source.replace(end, ROW + end.trimStart()));
}
