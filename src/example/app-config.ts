import type { LogLevel } from '@nestjs/common';
import * as v from 'valibot';

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
  /** URL of the database that all instances share, instead of a file: of PostgreSQL, or of ClickHouse over HTTP. */
  readonly storeUrl: string | undefined;
}

/** Thrown for an invalid environment variable. The message is printed without a stack. */
export class ConfigError extends Error {}

let config: AppConfig | undefined;

/** Returns the configuration of this process, read once. @throws ConfigError */
export function appConfig(): AppConfig {
  return (config ??= readConfig(process.env));
}

/**
 * Returns the base URLs on this machine as `pricing.hosts`: an emulator or a proxy that stands in for the provider, so
 * that its calls have prices.
 */
export function localProviders({ openai, anthropic }: AppConfig): Record<string, 'native'> {
  const urls = [openai, anthropic].flatMap((provider) =>
    provider === 'emulator' || provider.baseURL === undefined ? [] : [new URL(provider.baseURL)],
  );
  const local = urls.filter(({ hostname }) => ['127.0.0.1', 'localhost'].includes(hostname));
  return Object.fromEntries(local.map(({ host }) => [host, 'native']));
}

/** In ascending severity; each level includes those after it. */
const LOG_LEVELS: LogLevel[] = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];

/** Variables of the environment. The message of each schema is its expectation. */
const environment = v.object({
  NODE_ENV: variable(undefined),
  PORT: v.pipe(
    variable('3000'),
    v.regex(/^\d+$/, 'an integer from 0 to 65535'),
    v.transform(Number),
    v.maxValue(65_535, 'an integer from 0 to 65535'),
  ),
  LLM_EMULATOR: oneOf(['auto', 'on', 'off'], 'auto'),
  LOG_LEVEL: oneOf(LOG_LEVELS, 'log'),
  OPENAI_API_KEY: variable(undefined),
  OPENAI_BASE_URL: url(),
  ANTHROPIC_API_KEY: variable(undefined),
  ANTHROPIC_BASE_URL: url(),
  LLM_DASHBOARD_TOKEN: variable(undefined),
  LLM_STORE_PATH: variable(undefined),
  LLM_STORE_URL: url(/^(?:postgres(?:ql)?|https?):$/, 'a postgres, http or https URL'),
});

type Environment = v.InferOutput<typeof environment>;

/** Reads and validates the environment. Empty variables count as not set. @throws ConfigError that lists every problem */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): AppConfig {
  const { success, output: env, issues } = v.safeParse(environment, variables, { abortPipeEarly: true });
  if (!success) throw new ConfigError(issues.map(problemOf).join('\n'));
  const production = env.NODE_ENV === 'production';
  return {
    port: env.PORT,
    // In development, only this machine needs access.
    host: production ? '0.0.0.0' : '127.0.0.1',
    production,
    logLevels: LOG_LEVELS.slice(LOG_LEVELS.indexOf(env.LOG_LEVEL)),
    openai: provider(env, 'OPENAI'),
    anthropic: provider(env, 'ANTHROPIC'),
    dashboardToken: env.LLM_DASHBOARD_TOKEN,
    storePath: env.LLM_STORE_PATH,
    storeUrl: env.LLM_STORE_URL,
  };
}

function provider(env: Environment, name: 'OPENAI' | 'ANTHROPIC'): ProviderConfig {
  const apiKey = env[`${name}_API_KEY`];
  if (env.LLM_EMULATOR === 'on') return 'emulator';
  if (apiKey) return { apiKey, baseURL: env[`${name}_BASE_URL`] };
  if (env.LLM_EMULATOR === 'off') {
    throw new ConfigError(
      `${name}_API_KEY must be set if LLM_EMULATOR is "off". Set the key, or LLM_EMULATOR=auto.`,
    );
  }
  if (env.NODE_ENV === 'production') {
    throw new ConfigError(
      `${name}_API_KEY must be set if NODE_ENV is "production". Set the key, or LLM_EMULATOR=on.`,
    );
  }
  return 'emulator';
}

/** Accepts a variable that can be unset or empty: its value is then `otherwise`. */
function variable<Default extends string | undefined>(otherwise: Default) {
  return v.pipe(
    v.optional(v.string(), ''),
    v.transform((value): string | Default => value || otherwise),
  );
}

function oneOf<Name extends string>(names: readonly Name[], otherwise: Name) {
  return v.pipe(variable<string>(otherwise), v.picklist(names, `one of ${names.join(', ')}`));
}

function url(protocols = /^https?:$/, expectation = 'an http or https URL') {
  return v.pipe(
    variable(undefined),
    v.check(
      (value) => value === undefined || (URL.canParse(value) && protocols.test(new URL(value).protocol)),
      expectation,
    ),
  );
}

/** Formats `PORT must be an integer from 0 to 65535, received "http".` */
function problemOf({ path, message, input }: v.InferIssue<typeof environment>): string {
  const name = String(path?.[0].key);
  // It can contain a password.
  const received = name === 'LLM_STORE_URL' ? 'another value' : `"${String(input)}"`;
  return `${name} must be ${message}, received ${received}.`;
}
