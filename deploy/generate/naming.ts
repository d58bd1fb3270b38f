/**
 * Naming schemes of metrics in Prometheus, by the way they are ingested.
 *
 * - `scrape`: Prometheus scrapes the `PrometheusExporter` of OpenTelemetry JS. Counters end in `_total`; names have no
 *   units. Source: `@opentelemetry/exporter-prometheus` 0.301, PrometheusSerializer.
 * - `otlp`: a Collector's Prometheus exporters, or Prometheus' own OTLP receiver. Names also have units, except those in
 *   braces. Source: github.com/prometheus/otlptranslator, metric_namer.go and unit_namer.go
 *   (`UnderscoreEscapingWithSuffixes`); open-telemetry/opentelemetry-collector-contrib, pkg/translator/prometheus, does
 *   the same.
 */
export const NAMINGS = ['scrape', 'otlp'] as const;

export type Naming = (typeof NAMINGS)[number];

/** Series that each process has in every scrape or export, by naming scheme. */
export const PROCESS_SERIES: Readonly<Record<Naming, string>> = { scrape: 'up', otlp: 'target_info' };

export type MetricKind = 'counter' | 'histogram';

/** Returns the Prometheus name of a metric. `unit` is in UCUM; empty: none. */
export function prometheusName(naming: Naming, name: string, kind: MetricKind, unit: string): string {
  return naming === 'scrape' ? scrapedName(name, kind) : otlpName(name, kind, unit);
}

/** Returns the label name of an attribute; the same in both naming schemes. */
export function labelName(attribute: string): string {
  return attribute.replaceAll(/[^a-zA-Z0-9_]+/g, '_');
}

function scrapedName(name: string, kind: MetricKind): string {
  const escaped = name.replaceAll(/[^a-zA-Z0-9_]/g, '_').replaceAll(/_{2,}/g, '_');
  return kind === 'counter' && !escaped.endsWith('_total') ? `${escaped}_total` : escaped;
}

/** Appends the unit, unless the name contains it, then `total`. Text in braces is an annotation, not a unit. */
function otlpName(name: string, kind: MetricKind, unit: string): string {
  const tokens = name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');
  const word = unit.includes('{') ? '' : UNIT_WORDS[unit];
  if (word === undefined)
    throw new Error(`Unknown Prometheus name of the unit "${unit}" of ${name}. Add it to UNIT_WORDS.`);
  if (word !== '' && !tokens.includes(word)) tokens.push(word);
  if (kind === 'counter') return [...tokens.filter((token) => token !== 'total'), 'total'].join('_');
  return tokens.join('_');
}

/** Prometheus names of the units of our metrics. A gauge with unit `1` would end in `_ratio`, but we have none. */
const UNIT_WORDS: Readonly<Record<string, string>> = { '': '', s: 'seconds', USD: 'USD' };
