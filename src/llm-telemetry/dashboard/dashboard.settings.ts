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
  readonly notice: { readonly level: 'log' | 'warn'; readonly sentence: string };
}

export const DASHBOARD_SETTINGS = Symbol('DASHBOARD_SETTINGS');

/** @throws TypeError at once, for options that cannot be meant. */
export function dashboardSettings(
  option: DashboardOption | undefined,
  { production, watching }: { readonly production: boolean; readonly watching: boolean },
): DashboardSettings {
  if (option === false) return notMounted('log', 'The dashboard is not mounted: dashboard is false.');
  const { guards = [], token, traceUrl } = option ?? {};
  const path = checkedPath(option?.path ?? 'llm');
  const settings = { path, guards, token: token || null, traceUrl: checkedTraceUrl(traceUrl) };
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

function notMounted(level: 'log' | 'warn', sentence: string): DashboardSettings {
  return { path: null, guards: [], token: null, traceUrl: null, notice: { level, sentence } };
}

/** Plain segments: what a router would take for a pattern, or a browser for another place, is a mistake. */
function checkedPath(path: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  if (!trimmed.split('/').every((segment) => /^(?!\.+$)[\w.~-]+$/.test(segment)))
    throw new TypeError('dashboard.path is not a path of plain segments, such as "llm" or "internal/llm".');
  return trimmed;
}

function checkedTraceUrl(url: string | undefined): string | null {
  if (!url) return null;
  // A link of any other scheme could run a script in the page.
  if (!/^https?:\/\//i.test(url) || !url.includes('{traceId}'))
    throw new TypeError('dashboard.traceUrl is not an http address with {traceId} in it.');
  return url;
}
