import type { CanActivate, Type } from '@nestjs/common';
import type { DashboardOption } from './dashboard.options.js';

/** Where the dashboard is and who may read it, as it follows from the application's options. */
export interface DashboardSettings {
  /** Without slashes at its ends; `null`: it is not mounted. */
  readonly path: string | null;
  readonly guards: ReadonlyArray<Type<CanActivate> | CanActivate>;
  readonly token: string | null;
  readonly traceUrl: string | null;
  /** A sentence for the log. */
  readonly notice: { readonly level: 'debug' | 'log' | 'warn'; readonly sentence: string };
}

export const DASHBOARD_SETTINGS = Symbol('DASHBOARD_SETTINGS');

/** Of a second import of the module in one application. */
export const MOUNTED_BY_FIRST_IMPORT: DashboardSettings = notMounted(
  'debug',
  'The dashboard is mounted by the first import of LlmTelemetryModule.',
);

/** Returns the settings that follow from valid options. */
export function dashboardSettings(
  option: DashboardOption | undefined,
  { production, watching }: { readonly production: boolean; readonly watching: boolean },
): DashboardSettings {
  if (option === false) return notMounted('log', 'The dashboard is not mounted: dashboard is false.');
  const { guards = [], token, traceUrl } = option ?? {};
  const path = trimmed(option?.path ?? 'llm');
  const settings = { path, guards, token: token || null, traceUrl: traceUrl || null };
  if (!watching)
    return notMounted('log', 'The dashboard is not mounted: nothing is recorded, or nothing is kept.');
  if (guards.length > 0 || settings.token !== null) {
    const short = settings.token !== null && settings.token.length < 16;
    return {
      ...settings,
      notice: short
        ? {
            level: 'warn',
            sentence: `The dashboard is at /${path}. Its token is short enough to be guessed.`,
          }
        : { level: 'log', sentence: `The dashboard is at /${path}.` },
    };
  }
  if (production) {
    return notMounted(
      option ? 'warn' : 'log',
      'The dashboard is not mounted: in production it needs dashboard.guards or a dashboard.token.',
    );
  }
  return {
    ...settings,
    notice: {
      level: 'log',
      sentence: `The dashboard is at /${path}, for everybody who reaches it; in production it needs guards or a token.`,
    },
  };
}

function notMounted(level: 'debug' | 'log' | 'warn', sentence: string): DashboardSettings {
  return { path: null, guards: [], token: null, traceUrl: null, notice: { level, sentence } };
}

/** Whether a path, which may have slashes at its ends, consists of segments that no router reads as a pattern. */
export function isPlainPath(path: string): boolean {
  return trimmed(path)
    .split('/')
    .every((segment) => /^(?!\.+$)[\w.~-]+$/.test(segment));
}

function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
