-- Queries over the table otel_traces of the Collector's ClickHouse exporter.
-- If traces are sampled, sums and rates describe the sampled traces only: they are not the bill.

-- Columns for attributes that queries read often. Run it once; rows that are inserted later are fast to read.
ALTER TABLE otel_traces
  ADD COLUMN IF NOT EXISTS LlmFeature LowCardinality(String) MATERIALIZED SpanAttributes['llm.feature'],
  ADD COLUMN IF NOT EXISTS LlmOperation LowCardinality(String) MATERIALIZED SpanAttributes['llm.operation'],
  ADD COLUMN IF NOT EXISTS LlmModel LowCardinality(String) MATERIALIZED SpanAttributes['llm.model'],
  ADD COLUMN IF NOT EXISTS LlmErrorType LowCardinality(String) MATERIALIZED SpanAttributes['llm.error_type'],
  ADD COLUMN IF NOT EXISTS LlmTruncated Bool MATERIALIZED SpanAttributes['llm.truncated'] = 'true',
  ADD COLUMN IF NOT EXISTS LlmLatencyMs Nullable(Float64)
    MATERIALIZED toFloat64OrNull(SpanAttributes['llm.latency_ms']),
  ADD COLUMN IF NOT EXISTS LlmCostUsd Nullable(Decimal(38, 12))
    MATERIALIZED toDecimal128OrNull(SpanAttributes['llm.estimated_cost_usd'], 12);

-- Adds the columns to rows that exist already. Reads the whole table.
ALTER TABLE otel_traces
  MATERIALIZE COLUMN LlmFeature, MATERIALIZE COLUMN LlmOperation, MATERIALIZE COLUMN LlmModel,
  MATERIALIZE COLUMN LlmErrorType, MATERIALIZE COLUMN LlmTruncated, MATERIALIZE COLUMN LlmLatencyMs,
  MATERIALIZE COLUMN LlmCostUsd;

-- Cost by feature. Spans "llm.…" have the cost of their own requests, so each request counts once. Calls without a price
-- have no cost, and are counted beside it.
SELECT
  LlmFeature AS feature,
  count() AS calls,
  sum(LlmCostUsd) AS cost_usd,
  countIf(SpanAttributes['llm.cost_source'] = 'unknown') AS calls_without_price
FROM otel_traces
WHERE SpanName LIKE 'llm.%' AND Timestamp >= now() - INTERVAL 1 DAY
GROUP BY feature
ORDER BY cost_usd DESC;

-- Latency by operation.
SELECT
  LlmOperation AS operation,
  count() AS calls,
  quantile(0.5)(LlmLatencyMs) AS p50_ms,
  quantile(0.99)(LlmLatencyMs) AS p99_ms
FROM otel_traces
WHERE SpanName LIKE 'llm.%' AND LlmLatencyMs IS NOT NULL AND Timestamp >= now() - INTERVAL 1 DAY
GROUP BY operation
ORDER BY p99_ms DESC;

-- Truncation by model.
SELECT
  LlmModel AS model,
  count() AS calls,
  countIf(LlmTruncated) AS truncated,
  truncated / calls AS share
FROM otel_traces
WHERE SpanName LIKE 'llm.%' AND LlmModel != '' AND Timestamp >= now() - INTERVAL 1 DAY
GROUP BY model
ORDER BY share DESC;

-- Errors by type, and requests that were refused because of rate limits: a retry may have recovered their call. Requests
-- are the spans of kind Client.
SELECT
  if(SpanName LIKE 'llm.%', 'call', 'request') AS of,
  if(SpanName LIKE 'llm.%', LlmErrorType, SpanAttributes['error.type']) AS error_type,
  count() AS errors,
  max(Timestamp) AS latest
FROM otel_traces
WHERE (LlmErrorType != '' OR (SpanKind = 'Client' AND LlmFeature != '' AND SpanAttributes['error.type'] != ''))
  AND Timestamp >= now() - INTERVAL 1 DAY
GROUP BY of, error_type
ORDER BY errors DESC;
