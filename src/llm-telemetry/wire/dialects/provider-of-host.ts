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
