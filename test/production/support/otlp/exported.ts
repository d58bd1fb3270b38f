import type { Signal } from './schema.js';

export type Value = string | number | boolean | Value[];

/** Attributes with their OTLP types: `{ int: 5 }`, `{ double: 0.5 }`, `{ string: … }`. */
export type Typed = Readonly<Record<string, Readonly<Record<string, Value>>>>;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** `undefined` for the root span. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: 'UNSPECIFIED' | 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';
  readonly scope: string;
  readonly durationMs: number;
  readonly status: { readonly code: 'UNSET' | 'OK' | 'ERROR'; readonly message: string };
  readonly attributes: Readonly<Record<string, Value>>;
  readonly typed: Typed;
  readonly events: readonly string[];
  readonly resource: Readonly<Record<string, Value>>;
}

/** One series of one metric in one export. */
export interface Point {
  readonly metric: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: 'counter' | 'histogram';
  readonly temporality: 'delta' | 'cumulative';
  readonly attributes: Readonly<Record<string, Value>>;
  /** Type of the exported number. */
  readonly type: 'int' | 'double';
  /** Value of a counter, or sum of a histogram. */
  readonly value: number;
  /** Count of a histogram. */
  readonly count: number;
  readonly buckets: readonly number[];
  readonly bounds: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly exemplars: number;
  /** Unix nanoseconds. */
  readonly from: bigint;
  readonly to: bigint;
}

/** Contents of one request to a Collector. */
export interface Exported {
  readonly spans: readonly Span[];
  readonly points: readonly Point[];
}

export function readExported(signal: Signal, request: object): Exported {
  return signal === 'traces'
    ? { spans: spansOf(request as TracesJson), points: [] }
    : { spans: [], points: pointsOf(request as MetricsJson) };
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const STATUSES = ['UNSET', 'OK', 'ERROR'] as const;

function spansOf({ resourceSpans = [] }: TracesJson): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope, spans = [] }) =>
      spans.map((span): Span => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || undefined,
        name: span.name,
        kind: KINDS[span.kind ?? 0]!,
        scope: scope?.name ?? '',
        durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
        status: { code: STATUSES[span.status?.code ?? 0]!, message: span.status?.message ?? '' },
        attributes: valuesOf(span.attributes),
        typed: typedOf(span.attributes),
        events: (span.events ?? []).map(({ name }) => name),
        resource: valuesOf(resource?.attributes),
      })),
    ),
  );
}

function pointsOf({ resourceMetrics = [] }: MetricsJson): Point[] {
  return resourceMetrics.flatMap(({ scopeMetrics = [] }) =>
    scopeMetrics.flatMap(({ metrics = [] }) => metrics.flatMap(pointsOfMetric)),
  );
}

function pointsOfMetric(metric: MetricJson): Point[] {
  const { name, unit = '', description = '', sum, histogram } = metric;
  if (sum && !sum.isMonotonic) return [];
  const data = sum ?? histogram;
  return (data?.dataPoints ?? []).map((point): Point => ({
    metric: name,
    unit,
    description,
    kind: sum ? 'counter' : 'histogram',
    temporality: data!.aggregationTemporality === 1 ? 'delta' : 'cumulative',
    attributes: valuesOf(point.attributes),
    type: point.asInt === undefined ? 'double' : 'int',
    value: Number(point.asInt ?? point.asDouble ?? point.sum ?? 0),
    count: Number(point.count ?? 0),
    buckets: (point.bucketCounts ?? []).map(Number),
    bounds: point.explicitBounds ?? [],
    min: point.min ?? Number.NaN,
    max: point.max ?? Number.NaN,
    exemplars: point.exemplars?.length ?? 0,
    from: BigInt(point.startTimeUnixNano),
    to: BigInt(point.timeUnixNano),
  }));
}

function valuesOf(attributes: readonly KeyValueJson[] = []): Record<string, Value> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function typedOf(attributes: readonly KeyValueJson[] = []): Typed {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [type] = Object.keys(value);
      return [key, { [type!.replace('Value', '')]: valueOf(value) }];
    }),
  );
}

function valueOf(value: ValueJson): Value {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(valueOf);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? '';
}

/** The JSON mapping of OTLP: names in camel case, ids in hexadecimal, 64 bits as strings or as numbers. */
type Whole = string | number;

interface ValueJson {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: Whole;
  doubleValue?: number;
  arrayValue?: { values?: ValueJson[] };
}

interface KeyValueJson {
  key: string;
  value: ValueJson;
}

interface TracesJson {
  resourceSpans?: Array<{
    resource?: { attributes?: KeyValueJson[] };
    scopeSpans?: Array<{ scope?: { name?: string }; spans?: SpanJson[] }>;
  }>;
}

interface SpanJson {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano: Whole;
  endTimeUnixNano: Whole;
  status?: { code?: number; message?: string };
  attributes?: KeyValueJson[];
  events?: Array<{ name: string }>;
}

interface MetricsJson {
  resourceMetrics?: Array<{ scopeMetrics?: Array<{ metrics?: MetricJson[] }> }>;
}

interface MetricJson {
  name: string;
  unit?: string;
  description?: string;
  sum?: { dataPoints?: PointJson[]; aggregationTemporality?: number; isMonotonic?: boolean };
  histogram?: { dataPoints?: PointJson[]; aggregationTemporality?: number; isMonotonic?: undefined };
}

interface PointJson {
  attributes?: KeyValueJson[];
  startTimeUnixNano: Whole;
  timeUnixNano: Whole;
  asInt?: Whole;
  asDouble?: number;
  count?: Whole;
  sum?: number;
  bucketCounts?: Whole[];
  explicitBounds?: number[];
  min?: number;
  max?: number;
  exemplars?: unknown[];
}
