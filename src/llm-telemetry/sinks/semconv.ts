/**
 * Which names of the OpenTelemetry GenAI conventions are used where they have changed: those of semantic conventions
 * 1.41, which published constants and dashboards query; the latest, of the conventions' own repository; or both.
 *
 * @publicApi
 */
export type Semconv = (typeof SEMCONVS)[number];

export const SEMCONVS = ['1.41', 'latest', 'both'] as const;

export const DEFAULT_SEMCONV: Semconv = '1.41';
