import Anthropic from '@anthropic-ai/sdk';
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import type { AppConfig, ProviderConfig } from './app-config.js';
import { APP_CONFIG, AppConfigModule } from './app-config.module.js';

const EMULATOR = Symbol('EMULATOR');

/** Ordinary SDK clients, and the emulator for providers without an API key. */
@Module({
  imports: [AppConfigModule],
  providers: [
    { provide: EMULATOR, useFactory: startEmulator, inject: [APP_CONFIG] },
    {
      provide: OpenAI,
      useFactory: ({ openai }: AppConfig, emulator: ProviderEmulator | null) =>
        new OpenAI(settings(openai, emulator?.openaiBaseUrl)),
      inject: [APP_CONFIG, EMULATOR],
    },
    {
      provide: Anthropic,
      useFactory: ({ anthropic }: AppConfig, emulator: ProviderEmulator | null) =>
        new Anthropic(settings(anthropic, emulator?.anthropicBaseUrl)),
      inject: [APP_CONFIG, EMULATOR],
    },
  ],
  exports: [OpenAI, Anthropic],
})
export class LlmClientsModule implements OnApplicationShutdown {
  constructor(@Inject(EMULATOR) private readonly emulator: ProviderEmulator | null) {}

  async onApplicationShutdown(): Promise<void> {
    await this.emulator?.stop();
  }
}

async function startEmulator({ openai, anthropic }: AppConfig): Promise<ProviderEmulator | null> {
  if (openai !== 'emulator' && anthropic !== 'emulator') return null;
  // Loaded on demand: with API keys, the emulator is not needed.
  const { startProviderEmulator } = await import('nestjs-llm-telemetry/testing');
  return startProviderEmulator({ latency: 'realistic' });
}

function settings(
  provider: ProviderConfig,
  emulatorUrl: string | undefined,
): { apiKey: string; baseURL?: string } {
  return provider === 'emulator' ? { apiKey: 'emulator', baseURL: emulatorUrl } : provider;
}
