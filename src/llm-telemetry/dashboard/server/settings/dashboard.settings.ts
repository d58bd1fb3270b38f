import type { CanActivate, Type } from '@nestjs/common';
import type { DashboardOption, DashboardOptions, MetadataKey } from './dashboard.options.js';

/** Settings of the dashboard, derived from the options of the module. */
export interface DashboardSettings {
  /** Path without leading and trailing slashes; `null` if the dashboard is not mounted. */
  readonly path: string | null;
  readonly guards: ReadonlyArray<Type<CanActivate> | CanActivate>;
  readonly token: string | null;
  /** True if only requests from this machine are served: no guards, no token, and not `open`. */
  readonly localOnly: boolean;
  /** Metadata that lets the dashboard pass global guards. Empty unless a token or guards protect it. */
  readonly publicMetadataKeys: readonly MetadataKey[];
  readonly traceUrl: string | null;
  /** Log lines for the start of the application. The URL is logged later, once the application listens. */
  readonly startupLogs: readonly StartupLog[];
}

export interface StartupLog {
  readonly level: 'debug' | 'log' | 'warn';
  readonly message: string;
}

export const DASHBOARD_SETTINGS = Symbol('DASHBOARD_SETTINGS');

/** Settings of the second import of the module in one application. */
export const MOUNTED_BY_FIRST_IMPORT: DashboardSettings = notMounted(
  'debug',
  'Dashboard: mounted by the first import of LlmTelemetryModule.',
);

/** Shorter tokens log a warning. */
const SHORT_TOKEN = 16;

/** Derives the settings from valid options. */
export function dashboardSettings(
  option: DashboardOption | undefined,
  { production, enabled }: { readonly production: boolean; readonly enabled: boolean },
): DashboardSettings {
  if (option === false) return notMounted('log', 'Dashboard: not mounted (dashboard is false).');
  const given: DashboardOptions = option === true ? {} : (option ?? {});
  const { path = 'llm', guards = [], open, traceUrl, publicMetadataKey = [] } = given;
  const token = given.token || null;
  const settings = {
    path: trimmed(path),
    guards,
    token,
    localOnly: guards.length === 0 && token === null && open !== true,
    publicMetadataKeys: [publicMetadataKey].flat() as MetadataKey[],
    traceUrl: traceUrl || null,
  };
  if (!enabled) return notMounted('log', 'Dashboard: not mounted (enabled is false).');
  const isProtected = guards.length > 0 || token !== null;
  if (production && settings.localOnly) {
    return notMounted(
      option ? 'warn' : 'log',
      'Dashboard: not mounted. In production it requires dashboard.token or dashboard.guards.',
    );
  }
  const startupLogs: StartupLog[] = [];
  if (token !== null && token.length < SHORT_TOKEN)
    startupLogs.push({
      level: 'warn',
      message: `Dashboard: dashboard.token has ${token.length} characters and can be guessed. Use at least ${SHORT_TOKEN}.`,
    });
  if (isProtected || settings.publicMetadataKeys.length === 0) return { ...settings, startupLogs };
  return {
    ...settings,
    publicMetadataKeys: [],
    startupLogs: [
      ...startupLogs,
      {
        level: 'warn',
        message:
          'Dashboard: dashboard.publicMetadataKey is ignored without dashboard.token or dashboard.guards, because ' +
          'nothing else would protect the dashboard.',
      },
    ],
  };
}

function notMounted(level: StartupLog['level'], message: string): DashboardSettings {
  return {
    path: null,
    guards: [],
    token: null,
    localOnly: true,
    publicMetadataKeys: [],
    traceUrl: null,
    startupLogs: [{ level, message }],
  };
}

/**
 * Returns true for the usual spellings of production in `NODE_ENV`: `production`, `prod`, `prd` and `live`, in any case,
 * with blanks or quotes around them, and with a suffix such as `prod-eu`.
 */
export function isProduction(nodeEnv: string | undefined): boolean {
  const [word] = /[a-z]+/.exec((nodeEnv ?? '').toLowerCase()) ?? [];
  return word !== undefined && ['production', 'prod', 'prd', 'live'].includes(word);
}

/** Returns true if no router interprets a segment of the path as a pattern. Outer slashes are ignored. */
export function isPlainPath(path: string): boolean {
  return trimmed(path)
    .split('/')
    .every((segment) => /^(?!\.+$)[\w.~-]+$/.test(segment));
}

function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
