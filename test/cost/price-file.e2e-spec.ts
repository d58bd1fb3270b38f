import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { NodeProcess } from '../support/node-process.js';
import { chat } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

@Injectable()
class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(model: string): Promise<void> {
    await this.openai.chat.completions.create({ ...chat(), model });
  }
}

describe('an application with a price file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prices-'));
  const file = join(folder, 'prices.json');
  const write = (prices: object): void => writeFileSync(file, JSON.stringify(prices));
  let telemetry: TelemetryApp | null = null;
  afterEach(async () => {
    await telemetry?.stop();
    telemetry = null;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = async (): Promise<TelemetryApp> =>
    (telemetry = await startTelemetryApp({
      providers: [Assistant],
      options: { pricing: { file, overrides: { 'gpt-4o-mini': { input: 7, output: 7 } } } },
    }));

  async function costOf(model: string): Promise<object> {
    await telemetry!.get(Assistant).summarize(model);
    await telemetry!.flush();
    return telemetry!.records.at(-1)!.attempts[0]!.cost!;
  }

  it('uses prices of the file first, then of the code, then of the table, and reloads the file without a restart', async () => {
    write({ 'gpt-4o-mini': { input: 1, output: 0 }, 'my-own-model': { input: 2, output: 0 } });
    const { logger } = await start();
    expect(await costOf('gpt-4o-mini')).toMatchObject({
      source: 'override',
      lines: [{ usdPerUnit: 1 }, { usdPerUnit: 0 }],
      pricedFrom: expect.stringContaining(file),
    });
    expect(await costOf('my-own-model')).toMatchObject({
      source: 'override',
      lines: [{ usdPerUnit: 2 }, {}],
    });
    expect(await costOf('gpt-4o')).toMatchObject({ source: 'table' });

    // The old prices apply until the reload is logged.
    const changed = new Promise<void>((resolve) => {
      const { entries } = logger;
      const push = entries.push.bind(entries);
      entries.push = (...added) => {
        if (added.some(({ text }) => text.startsWith('Price file reloaded'))) resolve();
        return push(...added);
      };
    });
    write({ 'my-own-model': { input: 3, output: 0 } });
    await changed;
    expect(await costOf('my-own-model')).toMatchObject({
      source: 'override',
      lines: [{ usdPerUnit: 3 }, {}],
    });
    expect(await costOf('gpt-4o-mini')).toMatchObject({
      lines: [{ usdPerUnit: 7 }, { usdPerUnit: 7 }],
      pricedFrom: 'overrides in code',
    });
  });

  it('does not start with an invalid file, and the error states the position and the expected value', async () => {
    writeFileSync(file, '{\n  "gpt-4o": { "input": "free", "output": 1 }\n}');
    await expect(start()).rejects.toThrow(
      `pricing.file is invalid: ${file}:2:15: "gpt-4o".input must be a price in USD: 0, or a number from ` +
        '0.000001 to 1000, received the string "free".',
    );
    await expect(start()).rejects.toMatchObject({
      code: 'LLM_TELEMETRY_INVALID_OPTION',
      cause: { code: 'LLM_TELEMETRY_INVALID_PRICE_FILE' },
    });
  });

  it('can exit while the price file is watched', async () => {
    write({});
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const program = `
      import 'reflect-metadata';
      import { NestFactory } from '@nestjs/core';
      import { LlmTelemetryModule } from 'nestjs-llm-telemetry';
      await NestFactory.createApplicationContext(
        LlmTelemetryModule.forRoot({ pricing: { file: ${JSON.stringify(file)} } }), { logger: false });
      process.stdout.write('started');`;
    const service = new NodeProcess(['--input-type=module', '-e', program], { cwd: root });
    expect(await service.ended).toEqual({ code: 0, signal: null });
    expect(service.stdout).toBe('started');
  });
});
