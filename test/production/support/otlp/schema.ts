import protobuf from 'protobufjs';

/**
 * Part of the OTLP schema that tests read. Field names and numbers are those of opentelemetry-proto 1.x:
 * `common.proto`, `resource.proto`, `trace.proto`, `metrics.proto` and their collector services.
 */
const { root } = protobuf.parse(
  `syntax = "proto3";
  message AnyValue {
    oneof value {
      string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
      ArrayValue array_value = 5;
    }
  }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Scope { string name = 1; string version = 2; }
  message Resource { repeated KeyValue attributes = 1; }

  message Traces { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9; repeated Event events = 11; Status status = 15;
  }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
  message Status { string message = 2; int32 code = 3; }

  message Metrics { repeated ResourceMetrics resource_metrics = 1; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
  message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
  message Metric {
    string name = 1; string description = 2; string unit = 3;
    oneof data { Sum sum = 7; Histogram histogram = 9; }
  }
  message Sum { repeated Number data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
  message Histogram { repeated Distribution data_points = 1; int32 aggregation_temporality = 2; }
  message Number {
    fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
    oneof value { double as_double = 4; sfixed64 as_int = 6; }
    repeated Exemplar exemplars = 5; repeated KeyValue attributes = 7;
  }
  message Distribution {
    fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5;
    repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated Exemplar exemplars = 8;
    repeated KeyValue attributes = 9; double min = 11; double max = 12;
  }
  message Exemplar { fixed64 time_unix_nano = 2; bytes span_id = 4; bytes trace_id = 5; }`,
);

/** Message types of export requests, by signal. */
export const SIGNALS = { traces: root.lookupType('Traces'), metrics: root.lookupType('Metrics') };

export type Signal = keyof typeof SIGNALS;

/** Decodes a protobuf message to the object of the JSON mapping. @throws Error if the bytes are invalid. */
export function readProtobuf(signal: Signal, bytes: Uint8Array): object {
  const type = SIGNALS[signal];
  const object = type.toObject(type.decode(bytes), { longs: String, defaults: false });
  return JSON.parse(
    JSON.stringify(object, (_key, value: unknown) => (isBytes(value) ? hexadecimal(value.data) : value)),
  ) as object;
}

/** Matches the JSON representation of a `Buffer`. */
function isBytes(value: unknown): value is { data: number[] } {
  return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'Buffer';
}

function hexadecimal(data: readonly number[]): string {
  return Buffer.from(data).toString('hex');
}
