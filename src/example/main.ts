import { stopTracing } from './tracing.js';
import { Logger } from '@nestjs/common';
import { appConfig, ConfigError } from './app-config.js';
import { createApp } from './create-app.js';

async function start(): Promise<void> {
  const config = appConfig();
  const app = await createApp(config);
  await app.listen(config.port, config.host);
  const logger = new Logger('Example');
  logger.log(`OpenAI: ${reached(config.openai)}. Anthropic: ${reached(config.anthropic)}.`);
  logger.log(`Listening on ${await app.getUrl()}`);
  process.once('beforeExit', () => void stopTracing());
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
