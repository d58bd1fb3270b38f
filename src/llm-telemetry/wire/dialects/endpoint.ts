import { boundedName } from '../../text/bounded-name.js';

/**
 * Maps host suffixes to `gen_ai.provider.name`. Source: OpenTelemetry GenAI attribute registry, and each provider's
 * documented API host.
 */
const PROVIDERS: ReadonlyArray<readonly [suffix: string, provider: string]> = [
  ['api.openai.com', 'openai'],
  ['api.anthropic.com', 'anthropic'],
  ['.openai.azure.com', 'azure.ai.openai'],
  ['.cognitiveservices.azure.com', 'azure.ai.openai'],
  ['.services.ai.azure.com', 'azure.ai.inference'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['.amazonaws.com', 'aws.bedrock'],
  // OpenAI's client for Bedrock (`bedrock-mantle.us-east-1.api.aws`).
  ['.api.aws', 'aws.bedrock'],
  ['api.groq.com', 'groq'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.deepseek.com', 'deepseek'],
  ['api.x.ai', 'x_ai'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.cohere.ai', 'cohere'],
  ['openrouter.ai', 'openrouter'],
];

/** Returns the provider at `host`; `null` if the host is unknown. */
export function providerOfHost(host: string): string | null {
  for (const [suffix, provider] of PROVIDERS) if (host.endsWith(suffix)) return provider;
  return null;
}

/** The endpoint of a request, from its URL. */
export interface Endpoint {
  /** `null` if the host is unknown. */
  readonly provider: string | null;
  readonly host: string;
  /** `null` for the default port of the scheme. */
  readonly port: number | null;
  /** Scheme, host and path, without query. */
  readonly url: string;
}

/**
 * Returns the endpoint of a URL; `null` if the URL is invalid. Cached, because an application uses few URLs and parsing
 * one takes longer than reading the rest of most requests.
 */
export function endpointOf(url: string): Endpoint | null {
  const known = endpoints.get(url);
  if (known) return known;
  const parsed = URL.parse(url);
  if (parsed === null) return null;
  const endpoint: Endpoint = {
    provider: providerOfHost(parsed.hostname),
    host: boundedName(parsed.hostname),
    port: parsed.port === '' ? null : Number(parsed.port),
    url: parsed.origin + parsed.pathname,
  };
  if (url.length > MAX_CACHED_URL_LENGTH) return endpoint;
  // Paths that contain ids have unbounded cardinality.
  if (endpoints.size >= MAX_CACHED_ENDPOINTS) endpoints.clear();
  endpoints.set(url, endpoint);
  return endpoint;
}

const endpoints = new Map<string, Endpoint>();
const MAX_CACHED_ENDPOINTS = 256;
/** Characters. Longer URLs contain data and are not reused. */
const MAX_CACHED_URL_LENGTH = 2048;
