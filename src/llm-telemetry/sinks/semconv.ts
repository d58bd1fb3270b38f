/**
 * Version of the OpenTelemetry GenAI conventions whose names are used where they differ: 1.41, the latest version in the
 * repository of the conventions, or both.
 *
 * @publicApi
 */
export type Semconv = (typeof SEMCONVS)[number];

export const SEMCONVS = ['1.41', 'latest', 'both'] as const;

export const DEFAULT_SEMCONV: Semconv = '1.41';
