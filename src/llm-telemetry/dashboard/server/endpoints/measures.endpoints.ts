import { BadRequestException, Injectable } from '@nestjs/common';
import type { Dimension } from '../../../store/measures.js';
import type { Metric } from '../../../analytics/answers/timeline.js';
import { LlmTelemetryQueries } from '../../../analytics/queries/llm-telemetry-queries.js';
import { DIMENSIONS } from '../../../analytics/queries/dimensions.js';
import { METRICS } from '../../../analytics/queries/metrics.js';
import { sendJson } from '../http/send.js';
import type { EndpointTable } from './endpoints.js';
import { MEASURE_PARAMETERS, measureQuery } from './filters.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import { MINUTE } from '../../../units/time.js';

/** Endpoints for measures, read from rollups: `api/summary`, `breakdown`, `timeline`, `errors`, `retries`, `quality`. */
@Injectable()
export class MeasuresEndpoints {
  readonly table: EndpointTable = {
    'api/summary': (request, response) => this.summary(request, response),
    'api/breakdown': (request, response) => this.breakdown(request, response),
    'api/timeline': (request, response) => this.timeline(request, response),
    'api/errors': (request, response) => this.errors(request, response),
    'api/retries': (request, response) => this.retries(request, response),
    'api/quality': (request, response) => this.quality(request, response),
  };

  constructor(private readonly queries: LlmTelemetryQueries) {}

  async summary(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, MEASURE_PARAMETERS);
    sendJson(response, await this.queries.summary(measureQuery(parameters)));
  }

  async breakdown(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, [
      ...MEASURE_PARAMETERS,
      'by',
      'quantiles',
      'mergeVersions',
      'limit',
    ]);
    const by = dimensions(parameters);
    if (by.length === 0)
      throw new BadRequestException(`Missing query parameter "by". Allowed: ${DIMENSIONS.join(', ')}.`);
    const quantiles = parameters.flag('quantiles');
    const limit = parameters.integer('limit', 1, 1000);
    const mergeVersions = parameters.flag('mergeVersions');
    sendJson(
      response,
      await this.queries.breakdown({ ...measureQuery(parameters), by, quantiles, mergeVersions, limit }),
    );
  }

  async timeline(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, [
      ...MEASURE_PARAMETERS,
      ...BUCKETS,
      'by',
      'metric',
      'mergeVersions',
      'limit',
    ]);
    const metrics = parameters.manyOf('metric', METRICS) ?? [];
    if (metrics.length === 0 || metrics.length > MAX_METRICS)
      throw new BadRequestException(
        `Query parameter "metric" is given ${metrics.length} times. It can be given once to ${MAX_METRICS} times.`,
      );
    const timeline = await this.queries.timeline({
      ...measureQuery(parameters),
      ...buckets(parameters),
      by: dimensions(parameters),
      metrics: metrics as [Metric, ...Metric[]],
      mergeVersions: parameters.flag('mergeVersions'),
      limit: parameters.integer('limit', 1, 50),
    });
    sendJson(response, timeline);
  }

  async errors(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, [...MEASURE_PARAMETERS, ...BUCKETS]);
    sendJson(response, await this.queries.errors({ ...measureQuery(parameters), ...buckets(parameters) }));
  }

  async retries(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, MEASURE_PARAMETERS);
    sendJson(response, await this.queries.retries(measureQuery(parameters)));
  }

  async quality(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, MEASURE_PARAMETERS);
    sendJson(response, await this.queries.quality(measureQuery(parameters)));
  }
}

function dimensions(parameters: Parameters): readonly Dimension[] {
  return parameters.manyOf('by', DIMENSIONS) ?? [];
}

const BUCKETS = ['bucket', 'utcOffset'];
const MAX_METRICS = 8;

function buckets(parameters: Parameters): { bucketMs: number | undefined; bucketOffsetMs: number } {
  return {
    bucketMs: parameters.duration('bucket'),
    bucketOffsetMs: (parameters.integer('utcOffset', -840, 840) ?? 0) * MINUTE,
  };
}
