import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NAMINGS, type Naming } from '../../../deploy/generate/naming.js';

/** Part of Grafana's dashboard model that tests use. */
export interface GrafanaDashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly panels: readonly GrafanaPanel[];
  readonly templating: { readonly list: readonly GrafanaVariable[] };
  readonly annotations: { readonly list: ReadonlyArray<{ name: string; expr: string }> };
  readonly links: ReadonlyArray<{ type: string; url?: string; tags?: readonly string[] }>;
}

export interface GrafanaPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly GrafanaTarget[];
  readonly timeFrom?: string;
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly noValue?: string };
    readonly overrides: ReadonlyArray<{
      matcher: { id: string; options: string };
      properties: ReadonlyArray<{ id: string; value: unknown }>;
    }>;
  };
  readonly transformations?: ReadonlyArray<{ id: string; options: Record<string, unknown> }>;
}

export interface GrafanaTarget {
  readonly refId: string;
  readonly expr: string;
  readonly instant: boolean;
  readonly interval?: string;
  readonly datasource: { readonly uid: string };
}

export interface GrafanaVariable {
  readonly name: string;
  readonly type: string;
  readonly multi: boolean;
  readonly includeAll: boolean;
  readonly allValue?: string;
  readonly query: string | { readonly query: string };
}

export const DASHBOARDS = ['overview', 'feature', 'cost'] as const;
export type DashboardName = (typeof DASHBOARDS)[number];

/** All committed dashboards. */
export const COMMITTED: ReadonlyArray<readonly [Naming, DashboardName]> = NAMINGS.flatMap((naming) =>
  DASHBOARDS.map((name) => [naming, name] as const),
);

export function readDashboard(naming: Naming, name: DashboardName): GrafanaDashboard {
  const file = new URL(`../../../deploy/grafana/${naming}/llm-${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(fileURLToPath(file), 'utf8')) as GrafanaDashboard;
}

/** PromQL expression of a dashboard, and its location. */
export interface Expression {
  readonly where: string;
  readonly expr: string;
  readonly instant: boolean;
  /** Range that overrides the range of the dashboard. */
  readonly timeFrom: string | undefined;
}

/** Returns the expressions of panels and annotations. */
export function expressionsOf({ panels, annotations }: GrafanaDashboard): readonly Expression[] {
  const ofPanels = panels.flatMap(({ title, targets = [], timeFrom }) =>
    targets.map(({ refId, expr, instant }) => ({ where: `${title} (${refId})`, expr, instant, timeFrom })),
  );
  const ofAnnotations = annotations.list.map(({ name, expr }) => ({
    where: `annotation ${name}`,
    expr,
    instant: false,
    timeFrom: undefined,
  }));
  return [...ofPanels, ...ofAnnotations];
}

/** Query of a variable: `label_values(series, label)`. */
export interface LabelValues {
  readonly variable: string;
  readonly series: string;
  readonly label: string;
}

export function labelValuesOf({ templating }: GrafanaDashboard): readonly LabelValues[] {
  return templating.list.flatMap(({ name, type, query }) => {
    if (type !== 'query' || typeof query === 'string') return [];
    const [, series, label] = /^label_values\((.*), (\w+)\)$/.exec(query.query) ?? [];
    if (series === undefined || label === undefined) throw new Error(`${name} asks for ${query.query}`);
    return [{ variable: name, series, label }];
  });
}

/** Selected values of variables, and the range that a dashboard shows. */
export interface Shown {
  /** Selected values by variable, or `null` for "All". */
  readonly chosen: Readonly<Record<string, readonly string[] | null>>;
  readonly rangeSeconds: number;
  /** Minimum step: the variable `resolution`. */
  readonly resolutionSeconds: number;
}

/**
 * Replaces the variables of an expression as Grafana does before it sends the expression to Prometheus:
 *
 * - "All" is replaced by the variable's `allValue`, several values by `(a|b)`, one value by itself. Grafana also
 *   escapes special characters of regular expressions; values in tests contain none.
 * - `$__range` is the range in whole seconds, or the `timeFrom` of the panel.
 * - `$__interval` is the step. Here it is the resolution, because ranges in tests are short.
 * - `$__rate_interval` is the maximum of step + resolution and 4 × resolution, see Grafana's documentation of the
 *   Prometheus data source. The step is the resolution, so it is 4 × resolution; `_ms` is the same in milliseconds.
 */
export function interpolated(
  { expr, timeFrom }: Pick<Expression, 'expr' | 'timeFrom'>,
  { templating }: GrafanaDashboard,
  { chosen, rangeSeconds, resolutionSeconds }: Shown,
  now = new Date(),
): string {
  const seconds = timeFrom === undefined ? rangeSeconds : secondsSince(timeFrom, now);
  const rateSeconds = 4 * resolutionSeconds;
  let text = expr
    .replaceAll('$__rate_interval_ms', String(rateSeconds * 1000))
    .replaceAll('$__rate_interval', `${rateSeconds}s`)
    .replaceAll('$__range_s', String(seconds))
    .replaceAll('$__range', `${seconds}s`)
    .replaceAll('$__interval', `${resolutionSeconds}s`);
  for (const { name, allValue } of templating.list) {
    const values = chosen[name];
    if (values === undefined) continue;
    const value = values === null ? allValue : values.length === 1 ? values[0] : `(${values.join('|')})`;
    if (value === undefined) throw new Error(`${name} cannot be "All".`);
    text = text.replaceAll(new RegExp(String.raw`\$${name}\b`, 'g'), value);
  }
  if (text.includes('$')) throw new Error(`A variable is left in ${text}`);
  return text;
}

function secondsSince(timeFrom: string, now: Date): number {
  if (timeFrom === 'now/M')
    return Math.round((now.getTime() - Date.UTC(now.getUTCFullYear(), now.getUTCMonth())) / 1000) + 1;
  const [, days] = /^now-(\d+)d$/.exec(timeFrom) ?? [];
  if (days === undefined) throw new Error(`${timeFrom} is a range that is not known here.`);
  return Number(days) * 86_400;
}
