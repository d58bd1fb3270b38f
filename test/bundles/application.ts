/**
 * Application that bundles.e2e-spec.ts bundles. It makes one call to the emulator at EMULATOR_URL, requests the
 * dashboard, and prints an `Outcome` as JSON.
 */
import 'reflect-metadata';
import { Injectable, Module, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LlmCall, LlmTelemetry, LlmTelemetryModule, type CallRecord } from 'nestjs-llm-telemetry';

export interface Outcome {
  readonly recorded: ReadonlyArray<Pick<CallRecord, 'feature' | 'operation'> & { cost: string | null }>;
  readonly kept: readonly string[];
  readonly status: {
    readonly mode: string;
    readonly trouble: { readonly reason: string } | null;
  };
  readonly warnings: readonly string[];
  readonly page: { readonly status: number; readonly text: string };
}

const { EMULATOR_URL = '', STORE_PATH = '', PRICE_FILE = '' } = process.env;
const recorded: CallRecord[] = [];
const warnings: string[] = [];
const logger: LoggerService = {
  log() {},
  warn: (message: unknown) => void warnings.push(String(message)),
  error: (message: unknown) => void warnings.push(String(message)),
};

@Injectable()
class Assistant {
  // Injected by type: a bundle must keep the metadata that the compiler emitted.
  constructor(private readonly telemetry: LlmTelemetry) {}

  @LlmCall({ feature: 'bundled', operation: 'ask' })
  async ask(): Promise<void> {
    const response = await fetch(`${EMULATOR_URL}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello.' }] }),
    });
    await response.json();
  }

  flush(): Promise<void> {
    return this.telemetry.flush();
  }
}

@Module({
  imports: [
    LlmTelemetryModule.forRoot({
      store: { path: STORE_PATH },
      // The server of the test stands in for OpenAI.
      pricing: { file: PRICE_FILE, hosts: { '127.0.0.1': 'native' } },
      onCall: (record) => void recorded.push(record),
    }),
  ],
  providers: [Assistant],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger });
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const assistant = app.get(Assistant);
  await assistant.ask();
  await assistant.flush();
  const page = await fetch(`${url}/llm`, { headers: { accept: 'text/html' } });
  const text = await page.text();
  const { calls } = await read<{ calls: Array<{ operation: string }> }>(`${url}/llm/api/calls`);
  const { store } = await read<{ store: Outcome['status'] }>(`${url}/llm/api/status`);
  await app.close();
  const outcome: Outcome = {
    recorded: recorded.map(({ feature, operation, cost }) => ({ feature, operation, cost: cost.source })),
    kept: calls.map(({ operation }) => operation),
    status: store,
    warnings,
    page: { status: page.status, text },
  };
  process.stdout.write(JSON.stringify(outcome));
}

async function read<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

void main();
