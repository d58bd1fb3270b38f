import { Injectable } from '@nestjs/common';
import { LlmTelemetryQueries } from '../../../analytics/llm-telemetry-queries.js';
import { sendJson } from '../http/send.js';
import type { EndpointTable } from './endpoints.js';
import { MINUTE } from '../../../units/time.js';
import { measureFilter, measureQuery, rangeOf } from './filters.js';
import type { Queries } from './queries.schema.js';

/** Endpoints for measures, budgets and the comparison with another model. */
@Injectable()
export class MeasuresEndpoints {
  readonly table: EndpointTable = {
    'api/summary': async (query, _, response) =>
      sendJson(response, await this.queries.summary(measureQuery(query))),
    'api/breakdown': async (query, _, response) => {
      const { by, quantiles, mergeVersions, limit } = query;
      const where = measureQuery(query);
      sendJson(response, await this.queries.breakdown({ ...where, by, quantiles, mergeVersions, limit }));
    },
    'api/timeline': async (query, _, response) => {
      const { by, metric: metrics, mergeVersions, limit } = query;
      const where = { ...measureQuery(query), ...bucketsOf(query) };
      sendJson(response, await this.queries.timeline({ ...where, by, metrics, mergeVersions, limit }));
    },
    'api/errors': async (query, _, response) =>
      sendJson(response, await this.queries.errors({ ...measureQuery(query), ...bucketsOf(query) })),
    'api/retries': async (query, _, response) =>
      sendJson(response, await this.queries.retries(measureQuery(query))),
    'api/quality': async (query, _, response) =>
      sendJson(response, await this.queries.quality(measureQuery(query))),
    'api/budgets': async (query, _, response) =>
      sendJson(response, await this.queries.budgets(measureFilter(query))),
    'api/what-if': async (query, _, response) => {
      const { model, provider, fromModel, fromProvider } = query;
      const where = measureFilter({ ...query, model: fromModel, provider: fromProvider });
      sendJson(response, await this.queries.whatIf({ ...rangeOf(query), where, provider, model }));
    },
  };

  constructor(private readonly queries: LlmTelemetryQueries) {}
}

function bucketsOf({ bucket, utcOffset = 0 }: Queries['api/errors']): {
  readonly bucketMs: number | undefined;
  readonly bucketOffsetMs: number;
} {
  return { bucketMs: bucket, bucketOffsetMs: utcOffset * MINUTE };
}
