import { NestFactory } from '@nestjs/core';
import { LlmTelemetryQueries } from 'nestjs-llm-telemetry';
import { startProviderEmulator } from 'nestjs-llm-telemetry/testing';
import { AppModule, records } from './app.module';
import { ConfiguredModule, DefaultsModule } from './defaults.module';

/**
 * Serves one request, prints its record and the number of stored calls, and stops. The process must then exit by
 * itself.
 */
async function main(): Promise<void> {
  const emulator = await startProviderEmulator();
  process.env['OPENAI_BASE_URL'] = emulator.openaiBaseUrl;
  process.env['OPENAI_API_KEY'] = 'sk-not-a-key';

  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  await fetch(`${await app.getUrl()}/orders/summarize`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ order_text: 'Order 1042: two lamps, delayed, customer informed.' }),
  });
  const { calls } = await app.get(LlmTelemetryQueries).summary();
  await app.close();
  for (const module of [DefaultsModule, ConfiguredModule]) {
    await (await NestFactory.createApplicationContext(module, { logger: ['error'] })).close();
  }
  await emulator.stop();

  for (const record of records) process.stdout.write(`${JSON.stringify({ record, stored: calls })}\n`);
}

void main();
