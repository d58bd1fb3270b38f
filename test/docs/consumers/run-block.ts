import 'reflect-metadata';
import { pathToFileURL } from 'node:url';
import { Module, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LlmCall, LlmTelemetry } from 'nestjs-llm-telemetry';
import { startProviderEmulator } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';

/**
 * Runs a compiled code block of the docs: `node run-block.js <file> [Class.method]`.
 *
 * The providers are emulated. A block that exports `AppModule` is started as an application. Then one annotated method
 * is called: `Class.method` of the block, or a probe. The run fails unless the call is recorded.
 */
class Probe {
  @LlmCall({ feature: 'docs', operation: 'probe' })
  async ask(text: string): Promise<void> {
    await new OpenAI().chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: text }],
    });
  }
}

class Lines implements LoggerService {
  readonly lines: string[] = [];
  log = (message: unknown): void => void this.lines.push(text(message));
  warn = this.log;
  error = this.log;
}

function text(message: unknown): string {
  return typeof message === 'string' ? message : JSON.stringify(message);
}

async function main([file, method]: readonly string[]): Promise<void> {
  const emulator = await startProviderEmulator();
  process.env['OPENAI_BASE_URL'] = emulator.openaiBaseUrl;
  process.env['OPENAI_API_KEY'] = 'any';
  process.env['ANTHROPIC_BASE_URL'] = emulator.anthropicBaseUrl;
  process.env['ANTHROPIC_API_KEY'] = 'any';
  try {
    const block = (await import(pathToFileURL(file!).href)) as Record<string, unknown>;
    const appModule = block['AppModule'] as Type | undefined;
    if (appModule === undefined) return;
    const [className, methodName] = method?.split('.') ?? [];
    await runApplication(appModule, className ? (block[className] as Type) : Probe, methodName ?? 'ask');
  } finally {
    await emulator.stop();
  }
}

async function runApplication(appModule: Type, service: Type, method: string): Promise<void> {
  class Root {}
  Module({ imports: [appModule], providers: service === Probe ? [Probe] : [] })(Root);
  const logger = new Lines();
  const app = await NestFactory.create(Root, { logger });
  await app.listen(0, '127.0.0.1');
  const instance = app.get<Record<string, (text: string) => unknown>>(service, { strict: false });
  await instance[method]!('Order #10457: 2 x Espresso cups. Total: €29.90');
  await app.get(LlmTelemetry, { strict: false }).flush();
  await app.close();
  const recorded = logger.lines.find((line) => line.includes('cost_usd'));
  if (recorded === undefined) throw new Error(`No call was recorded. The log:\n${logger.lines.join('\n')}`);
  process.stdout.write(`${recorded}\n`);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
