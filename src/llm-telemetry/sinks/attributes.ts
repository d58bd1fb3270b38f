/**
 * Attribute names of metrics and of the server span of a request. `LLM` are our own names, which dashboards and alerts
 * depend on; `GEN_AI` and the others are those of the OpenTelemetry semantic conventions. Attributes of the library's spans
 * are in `spans/span-attributes.ts`.
 */
export const LLM = {
  FEATURE: 'llm.feature',
  OPERATION: 'llm.operation',
  IS_RETRY: 'llm.is_retry',
  ERROR_TYPE: 'llm.error_type',
  TENANT: 'llm.tenant',
  REQUEST_CALLS: 'llm.request.calls',
  REQUEST_TOTAL_TOKENS: 'llm.request.total_tokens',
  REQUEST_ESTIMATED_COST_USD: 'llm.request.estimated_cost_usd',
} as const;

export const GEN_AI = {
  OPERATION_NAME: 'gen_ai.operation.name',
  PROVIDER_NAME: 'gen_ai.provider.name',
  REQUEST_MODEL: 'gen_ai.request.model',
  RESPONSE_MODEL: 'gen_ai.response.model',
  TOKEN_TYPE: 'gen_ai.token.type',
  TOKEN_MODALITY: 'gen_ai.token.modality',
} as const;

export const HTTP_ROUTE = 'http.route';
export const SERVER_ADDRESS = 'server.address';
export const SERVER_PORT = 'server.port';
export const ERROR_TYPE = 'error.type';
export const USER_ID = 'user.id';
export const SESSION_ID = 'session.id';

/** Instrumentation scope of the spans and metrics of this library. */
export const SCOPE = 'nestjs-llm-telemetry';

/**
 * Version of the OpenTelemetry GenAI conventions whose names are used where they differ: 1.41, the latest version in the
 * repository of the conventions, or both.
 *
 * @publicApi
 */
export type Semconv = (typeof SEMCONVS)[number];

export const SEMCONVS = ['1.41', 'latest', 'both'] as const;

export const DEFAULT_SEMCONV: Semconv = '1.41';

/**
 * Names of the GenAI conventions, and whether their metrics are recorded.
 *
 * @publicApi
 */
export interface SemconvOptions {
  /** @defaultValue '1.41' */
  readonly names?: Semconv | undefined;
  /**
   * `false` if another library records the client metrics of the conventions (`gen_ai.client.*`), whose sums would be
   * twice the usage. Metrics `llm.*` are recorded in any case.
   * @defaultValue true
   */
  readonly metrics?: boolean | undefined;
}

/** Returns all values of the option `semconv`. */
export function semconvOf(option: Semconv | SemconvOptions = {}): Required<SemconvOptions> & {
  readonly names: Semconv;
} {
  const { names = DEFAULT_SEMCONV, metrics = true } = typeof option === 'string' ? { names: option } : option;
  return { names, metrics };
}
