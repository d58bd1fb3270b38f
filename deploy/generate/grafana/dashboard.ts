import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { ConfiguredRule } from '../../../src/llm-telemetry/alerts/definitions/alert-definitions.js';
import type { AlertName } from '../../../src/llm-telemetry/alerts/definitions/alert.js';
import type { Naming } from '../naming.js';
import type { GenerateOptions } from '../options.js';
import { Queries } from './queries.js';
import { place, type Section } from './layout.js';
import { COLORS } from './palette.js';
import { DATASOURCE, type Link } from './panels.js';
import { variables } from './variables.js';

/** Dependencies of panels. */
export interface Context {
  readonly naming: Naming;
  readonly queries: Queries;
  /** Returns the limit of an alert; `null` if it is disabled. */
  limit(alert: AlertName): number | null;
  /** Expression of the firing alerts. */
  readonly firing: string;
}

export interface DashboardDefinition {
  readonly name: 'overview' | 'feature' | 'cost';
  readonly title: string;
  readonly description: string;
  /** Number of features that can be selected. "All" is always possible, because links from other dashboards use it. */
  readonly feature: 'one' | 'many';
  /** Initial start of the time range. */
  readonly from: string;
  sections(context: Context): readonly Section[];
}

const TAG = 'llm-telemetry';

/** Returns a dashboard in Grafana's import format. */
export function dashboardOf(
  { name, title, description, feature, from, sections }: DashboardDefinition,
  naming: Naming,
  { rules, intervals }: Pick<GenerateOptions, 'rules' | 'intervals'>,
): Dashboard {
  const queries = new Queries(naming);
  const firing = firingAlerts(rules);
  const builder = new DashboardBuilder(`LLM: ${title}${naming === 'otlp' ? ' (OTLP)' : ''}`)
    .uid(uidOf(name, naming))
    .description(description)
    .tags([TAG, `${TAG}-${naming}`])
    .timezone('browser')
    .time({ from, to: 'now' })
    .refresh('1m')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(variables(queries, { intervalMs: intervals[naming], feature }))
    .annotation(
      new AnnotationQueryBuilder()
        .name('Alerts')
        .datasource(DATASOURCE)
        .enable(true)
        .iconColor(COLORS.bad)
        .expr(firing)
        .titleFormat('{{alertname}}')
        .textFormat('{{llm_feature}} {{llm_operation}} {{gen_ai_response_model}}')
        .tagKeys('severity')
        .step('60s'),
    );
  const limit = (alert: AlertName): number | null => {
    const rule = rules.find(({ name, enabled }) => name === alert && enabled);
    return rule ? (rule.unit === 'ms' ? rule.limit / 1000 : rule.limit) : null;
  };
  place(builder, sections({ naming, queries, limit, firing }));
  return { ...builder.build(), links: links(naming) };
}

/** Returns the uid of a dashboard. It must never change, because links and bookmarks contain it. */
export function uidOf(name: DashboardDefinition['name'], naming: Naming): string {
  return `llm-${name}-${naming}`;
}

/** Returns links from a feature to its dashboard and to its calls in the service's dashboard. */
export function featureLinks(naming: Naming, feature: string): readonly Link[] {
  const kept = ['datasource', 'job', 'resolution', 'llm_page'].map((name) => `\${${name}:queryparam}`);
  return [
    {
      title: 'Feature dashboard',
      url: `/d/${uidOf('feature', naming)}?var-feature=${feature}&\${__url_time_range}&${kept.join('&')}`,
    },
    { title: 'Calls in the service dashboard', url: `\${llm_page:raw}/calls?feature=${feature}` },
  ];
}

function firingAlerts(rules: readonly ConfiguredRule[]): string {
  const names = rules.map(({ name }) => name).join('|');
  return `ALERTS{alertstate="firing", alertname=~"${names}", job=~"$job"}`;
}

function links(naming: Naming): Dashboard['links'] {
  const others = new DashboardLinkBuilder('LLM')
    .type(DashboardLinkType.Dashboards)
    .tags([`${TAG}-${naming}`])
    .includeVars(true)
    .keepTime(true);
  const page = new DashboardLinkBuilder('Service dashboard')
    .type(DashboardLinkType.Link)
    .icon('external link')
    .tooltip('Every call with its attempts, receipt and trace')
    .url('${llm_page:raw}')
    .targetBlank(true);
  // Without a placement, links are displayed in the bar instead of a menu.
  return [others, page].map((link) => ({ ...link.build(), placement: undefined }));
}
