import { stopTracing } from './tracing.js';
import { Logger, type INestApplication } from '@nestjs/common';
import { appConfig, ConfigError, type AppConfig } from './app-config.js';
import { createApp } from './create-app.js';

async function start(): Promise<void> {
  const config = appConfig();
  const app = await createApp(config);
  await listen(app, config);
  const logger = new Logger('Example');
  logger.log(`OpenAI: ${describeProvider(config.openai)}. Anthropic: ${describeProvider(config.anthropic)}.`);
  logger.log(`Listening on ${await app.getUrl()}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(app));
}

/** @throws ConfigError if the port is in use. */
async function listen(app: INestApplication, { port, host }: AppConfig): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    // Otherwise, resources of the application would keep the process alive.
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new ConfigError(`PORT ${port} is already in use. Set PORT to a free port.`);
  }
}

/** Lets running requests finish, then flushes the telemetry. */
async function stop(app: INestApplication): Promise<void> {
  await app.close();
  await stopTracing();
  process.exit();
}

function describeProvider(provider: 'emulator' | { readonly baseURL?: string }): string {
  if (provider === 'emulator') return 'the built-in emulator, no request leaves this machine';
  return provider.baseURL ?? 'the real API';
}

start().catch((error: unknown) => {
  // An invalid setting needs no stack.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
  return stopTracing();
});
