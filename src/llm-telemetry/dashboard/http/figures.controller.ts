import { BadRequestException, Controller, Get, Req, Res } from '@nestjs/common';
import type { Dimension } from '../../store/measures.js';
import type { Metric } from '../api/timeline.js';
import { LlmTelemetryQueries } from '../queries/llm-telemetry-queries.js';
import { ALONE, DIMENSIONS } from '../queries/dimensions.js';
import { METRICS } from '../queries/metrics.js';
import { answerJson } from './answer.js';
import { Guarded } from './guarded.js';
import { FIGURE_PARAMETERS, figureQuery } from './filters.js';
import { Parameters } from './parameters.js';
import type { PlatformRequest, PlatformResponse } from './platform.js';

/** `api/summary`, `breakdown`, `timeline`, `errors`, `retries`, `quality`: figures, from rollups. */
@Controller()
@Guarded()
export class FiguresController {
  constructor(private readonly queries: LlmTelemetryQueries) {}

  @Get('api/summary')
  async summary(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, FIGURE_PARAMETERS);
    answerJson(response, await this.queries.summary(figureQuery(parameters)));
  }

  @Get('api/breakdown')
  async breakdown(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, [
      ...FIGURE_PARAMETERS,
      'by',
      'quantiles',
      'mergeVersions',
      'limit',
    ]);
    const by = dimensions(parameters);
    if (by.length === 0)
      throw new BadRequestException(`by is missing: one or more of ${DIMENSIONS.join(', ')}.`);
    const quantiles = parameters.flag('quantiles');
    const limit = parameters.integer('limit', 1, 1000);
    const mergeVersions = parameters.flag('mergeVersions');
    answerJson(
      response,
      await this.queries.breakdown({ ...figureQuery(parameters), by, quantiles, mergeVersions, limit }),
    );
  }

  @Get('api/timeline')
  async timeline(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, [
      ...FIGURE_PARAMETERS,
      ...BUCKETS,
      'by',
      'metric',
      'mergeVersions',
      'limit',
    ]);
    const metrics = parameters.manyOf('metric', METRICS) ?? [];
    if (metrics.length === 0 || metrics.length > MAX_METRICS)
      throw new BadRequestException(`metric is given once to ${MAX_METRICS} times.`);
    const timeline = await this.queries.timeline({
      ...figureQuery(parameters),
      ...buckets(parameters),
      by: dimensions(parameters),
      metrics: metrics as [Metric, ...Metric[]],
      mergeVersions: parameters.flag('mergeVersions'),
      limit: parameters.integer('limit', 1, 50),
    });
    answerJson(response, timeline);
  }

  @Get('api/errors')
  async errors(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, [...FIGURE_PARAMETERS, ...BUCKETS]);
    answerJson(response, await this.queries.errors({ ...figureQuery(parameters), ...buckets(parameters) }));
  }

  @Get('api/retries')
  async retries(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, FIGURE_PARAMETERS);
    answerJson(response, await this.queries.retries(figureQuery(parameters)));
  }

  @Get('api/quality')
  async quality(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    const parameters = new Parameters(request, FIGURE_PARAMETERS);
    answerJson(response, await this.queries.quality(figureQuery(parameters)));
  }
}

function dimensions(parameters: Parameters): readonly Dimension[] {
  const by = parameters.manyOf('by', DIMENSIONS) ?? [];
  const filtered = FILTERS.some((name) => parameters.many(name) !== undefined);
  const quantiles =
    parameters.flag('quantiles') || parameters.many('metric')?.some((name) => name.includes('.'));
  if (by.some((dimension) => ALONE.has(dimension)) && (by.length > 1 || filtered || quantiles))
    throw new BadRequestException(
      'by=route and by=tenant stand alone, without filters and without quantiles.',
    );
  return by;
}

const FILTERS = ['feature', 'operation', 'provider', 'model'];
const BUCKETS = ['bucket', 'utcOffset'];
const MAX_METRICS = 8;

function buckets(parameters: Parameters): { bucketMs: number | undefined; bucketOffsetMs: number } {
  return {
    bucketMs: parameters.length('bucket'),
    bucketOffsetMs: (parameters.integer('utcOffset', -840, 840) ?? 0) * 60_000,
  };
}
