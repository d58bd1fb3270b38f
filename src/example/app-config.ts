import type { LogLevel } from '@nestjs/common';

/** Connection to a provider: an API key, or the emulator of the library. */
export type ProviderConfig = { readonly apiKey: string; readonly baseURL?: string } | 'emulator';

/** The validated configuration of the service. */
export interface AppConfig {
  readonly port: number;
  readonly host: string;
  readonly production: boolean;
  readonly logLevels: LogLevel[];
  readonly openai: ProviderConfig;
  readonly anthropic: ProviderConfig;
  /** Token of the dashboard. Without it, production has no dashboard. */
  readonly dashboardToken: string | undefined;
  /** Path of the store; the library's default if undefined. */
  readonly storePath: string | undefined;
}

/** Thrown for an invalid environment variable. The message is printed without a stack. */
export class ConfigError extends Error {}

let config: AppConfig | undefined;

/** Returns the configuration of this process, read once. @throws ConfigError */
export function appConfig(): AppConfig {
  return (config ??= readConfig(process.env));
}

/** Reads and validates the environment. Empty variables count as not set. @throws ConfigError */
export function readConfig(env: Readonly<Record<string, string | undefined>>): AppConfig {
  const production = env['NODE_ENV'] === 'production';
  const emulator = oneOf(env, 'LLM_EMULATOR', ['auto', 'on', 'off'], 'auto');
  return {
    port: port(env),
    // In development, only this machine needs access.
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
    throw new ConfigError(`PORT must be an integer from 0 to 65535, received "${value}".`);
  }
  return number;
}

/** In ascending severity; each level includes those after it. */
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
      `${name}_API_KEY must be set if LLM_EMULATOR is "off". Set the key, or LLM_EMULATOR=auto.`,
    );
  }
  if (production) {
    throw new ConfigError(
      `${name}_API_KEY must be set if NODE_ENV is "production". Set the key, or LLM_EMULATOR=on.`,
    );
  }
  return 'emulator';
}

function url(env: Env, name: string): string | undefined {
  const value = env[name] || undefined;
  if (value !== undefined && !(URL.canParse(value) && /^https?:/.test(value))) {
    throw new ConfigError(`${name} must be an http or https URL, received "${value}".`);
  }
  return value;
}

function oneOf<T extends string>(env: Env, name: string, allowed: readonly T[], otherwise: T): T {
  const value = env[name] || otherwise;
  const found = allowed.find((candidate) => candidate === value);
  if (!found) throw new ConfigError(`${name} must be one of ${allowed.join(', ')}, received "${value}".`);
  return found;
}
