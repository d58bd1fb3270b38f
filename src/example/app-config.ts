import type { LogLevel } from '@nestjs/common';

/** How a provider is reached: with a key, or through the emulator that comes with the library. */
export type ProviderConfig = { readonly apiKey: string; readonly baseURL?: string } | 'emulator';

/** The configuration of the service, checked. */
export interface AppConfig {
  readonly port: number;
  readonly host: string;
  readonly production: boolean;
  readonly logLevels: LogLevel[];
  readonly openai: ProviderConfig;
  readonly anthropic: ProviderConfig;
  /** What the dashboard asks for; without it there is none in production. */
  readonly dashboardToken: string | undefined;
  /** Where calls are remembered; the library's default where none is given. */
  readonly storePath: string | undefined;
}

/** A variable that has a value it cannot have; the message is a sentence for whoever starts the service. */
export class ConfigError extends Error {}

let config: AppConfig | undefined;

/** The configuration of this process, read once. @throws ConfigError */
export function appConfig(): AppConfig {
  return (config ??= readConfig(process.env));
}

/** Reads and checks the environment. An empty variable is one that is not set. @throws ConfigError */
export function readConfig(env: Readonly<Record<string, string | undefined>>): AppConfig {
  const production = env['NODE_ENV'] === 'production';
  const emulator = oneOf(env, 'LLM_EMULATOR', ['auto', 'on', 'off'], 'auto');
  return {
    port: port(env),
    // In development nobody but this machine needs to reach it.
    host: production ? '0.0.0.0' : '127.0.0.1',
    production,
    logLevels: logLevels(env),
    openai: provider(env, 'OPENAI', emulator, production),
    anthropic: provider(env, 'ANTHROPIC', emulator, production),
    dashboardToken: env['LLM_DASHBOARD_TOKEN'] || undefined,
    storePath: env['LLM_STORE_PATH'] || undefined,
  };
}

type Env = Readonly<Record<string, string | undefined>>;

function port(env: Env): number {
  const value = env['PORT'] || '3000';
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 65_535) {
    throw new ConfigError(`PORT is "${value}", but a port is a whole number from 0 to 65535.`);
  }
  return number;
}

/** From the least to the most severe; each includes those after it. */
const LOG_LEVELS: LogLevel[] = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];

function logLevels(env: Env): LogLevel[] {
  return LOG_LEVELS.slice(LOG_LEVELS.indexOf(oneOf(env, 'LOG_LEVEL', LOG_LEVELS, 'log')));
}

function provider(
  env: Env,
  name: 'OPENAI' | 'ANTHROPIC',
  emulator: string,
  production: boolean,
): ProviderConfig {
  const apiKey = env[`${name}_API_KEY`] || undefined;
  const baseURL = url(env, `${name}_BASE_URL`);
  if (emulator === 'on') return 'emulator';
  if (apiKey) return { apiKey, baseURL };
  if (emulator === 'off') {
    throw new ConfigError(
      `${name}_API_KEY is not set, and LLM_EMULATOR is "off": set the key, or leave LLM_EMULATOR at "auto".`,
    );
  }
  if (production) {
    throw new ConfigError(
      `${name}_API_KEY is not set, and NODE_ENV is "production": set the key, or LLM_EMULATOR=on.`,
    );
  }
  return 'emulator';
}

function url(env: Env, name: string): string | undefined {
  const value = env[name] || undefined;
  if (value !== undefined && !(URL.canParse(value) && /^https?:/.test(value))) {
    throw new ConfigError(`${name} is "${value}", but a base URL starts with http:// or https://.`);
  }
  return value;
}

function oneOf<T extends string>(env: Env, name: string, allowed: readonly T[], otherwise: T): T {
  const value = env[name] || otherwise;
  const found = allowed.find((candidate) => candidate === value);
  if (!found) throw new ConfigError(`${name} is "${value}", but it can only be ${allowed.join(', ')}.`);
  return found;
}
