/**
 * How a metric gets to Prometheus, and so what it is called there.
 *
 * - `scrape`: Prometheus scrapes the `PrometheusExporter` of OpenTelemetry JS. Counters end in `_total`; units are not in
 *   the names. Source: `@opentelemetry/exporter-prometheus` 0.301, PrometheusSerializer.
 * - `otlp`: through a Collector's Prometheus exporters, or Prometheus' own OTLP receiver. Units are in the names as well,
 *   but for those in braces. Source: github.com/prometheus/otlptranslator, metric_namer.go and unit_namer.go
 *   (`UnderscoreEscapingWithSuffixes`); open-telemetry/opentelemetry-collector-contrib, pkg/translator/prometheus, is the
 *   same.
 */
export const NAMINGS = ['scrape', 'otlp'] as const;

export type Naming = (typeof NAMINGS)[number];

export type MetricKind = 'counter' | 'histogram';

/** `unit`: as in UCUM; empty: none. */
export function prometheusName(naming: Naming, name: string, kind: MetricKind, unit: string): string {
  return naming === 'scrape' ? scrapedName(name, kind) : otlpName(name, kind, unit);
}

/** The label that an attribute becomes, on either way. */
export function labelName(attribute: string): string {
  return attribute.replaceAll(/[^a-zA-Z0-9_]+/g, '_');
}

function scrapedName(name: string, kind: MetricKind): string {
  const escaped = name.replaceAll(/[^a-zA-Z0-9_]/g, '_').replaceAll(/_{2,}/g, '_');
  return kind === 'counter' && !escaped.endsWith('_total') ? `${escaped}_total` : escaped;
}

/** The unit, unless the name has it already, then `total`. What is in braces is an annotation, and no unit. */
function otlpName(name: string, kind: MetricKind, unit: string): string {
  const tokens = name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');
  const word = unit.includes('{') ? '' : UNIT_WORDS[unit];
  if (word === undefined)
    throw new Error(`${name} has the unit ${unit}, whose name in Prometheus is not known here.`);
  if (word !== '' && !tokens.includes(word)) tokens.push(word);
  if (kind === 'counter') return [...tokens.filter((token) => token !== 'total'), 'total'].join('_');
  return tokens.join('_');
}

/** Of units that our metrics have. A gauge of unit `1` would end in `_ratio`; there is none. */
const UNIT_WORDS: Readonly<Record<string, string>> = { '': '', s: 'seconds', USD: 'USD' };
