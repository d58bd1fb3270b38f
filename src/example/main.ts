import { stopTracing } from './tracing.js';
import { Logger, type INestApplication } from '@nestjs/common';
import { appConfig, ConfigError } from './app-config.js';
import { createApp } from './create-app.js';

async function start(): Promise<void> {
  const config = appConfig();
  const app = await createApp(config);
  await app.listen(config.port, config.host);
  const logger = new Logger('Example');
  logger.log(`OpenAI: ${reached(config.openai)}. Anthropic: ${reached(config.anthropic)}.`);
  logger.log(`Listening on ${await app.getUrl()}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(app));
}

/** Lets running requests finish, then sends what is left of the telemetry. */
async function stop(app: INestApplication): Promise<void> {
  await app.close();
  await stopTracing();
  process.exit();
}

function reached(provider: 'emulator' | { readonly baseURL?: string }): string {
  if (provider === 'emulator') return 'the built-in emulator, no request leaves this machine';
  return provider.baseURL ?? 'the real API';
}

start().catch((error: unknown) => {
  // A wrong setting is told in a sentence; anything else deserves its stack.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
  return stopTracing();
});
