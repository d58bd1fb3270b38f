/**
 * Hosts of providers and gateways, as data. A host that is not listed here is unknown: it is neither OpenAI nor priced,
 * whatever API it speaks.
 */
export interface HostRow {
  /**
   * Suffix of the host, matched at the borders of labels: `api.x.ai` matches `api.x.ai` and `eu.api.x.ai`, not
   * `my-api.x.ai`. `{place}` stands for one label or a part of it, and is the place.
   */
  readonly host: string;
  /** If set, the path must contain this text. */
  readonly path?: string;
  /** Set if the host has other APIs, too: text in the paths of requests to models. */
  readonly modelPath?: string;
  /** `gen_ai.provider.name`: well-known values where the registry of the OpenTelemetry GenAI conventions has one. */
  readonly provider: string;
  /** Place of all requests to the host. */
  readonly place?: string;
  /** Text of the path around the place. It takes precedence over the place in the host. */
  readonly placeInPath?: readonly [before: string, after: string];
  /** The provider's documentation of the host, as of November 2026. */
  readonly source: string;
}

/** The location in the path decides where Vertex AI processes a request. */
const VERTEX_LOCATION = ['/locations/', '/'] as const;

const VERTEX_DOCS = 'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/learn/locations';
const BEDROCK_DOCS = 'https://docs.aws.amazon.com/general/latest/gr/bedrock.html';
const AZURE_DOCS = 'https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference';

/** The first row that matches applies. */
export const HOSTS: readonly HostRow[] = [
  {
    host: '{place}.api.openai.com',
    provider: 'openai',
    source: 'https://developers.openai.com/api/docs/guides/data-residency',
  },
  {
    host: 'api.openai.com',
    provider: 'openai',
    source: 'https://developers.openai.com/api/reference/overview',
  },
  {
    host: 'api.anthropic.com',
    provider: 'anthropic',
    source: 'https://platform.claude.com/docs/en/api/overview',
  },
  // Claude Platform on AWS: operated and priced by Anthropic, with the model names of its API.
  {
    host: 'aws-external-anthropic.{place}.api.aws',
    provider: 'anthropic',
    source: 'https://platform.claude.com/docs/en/build-with-claude/claude-platform-on-aws',
  },
  { host: 'openai.azure.com', provider: 'azure.ai.openai', source: AZURE_DOCS },
  {
    host: 'openai.azure.us',
    provider: 'azure.ai.openai',
    source: 'https://learn.microsoft.com/en-us/azure/azure-government/compare-azure-government-global-azure',
  },
  {
    host: 'cognitiveservices.azure.com',
    modelPath: '/openai/',
    provider: 'azure.ai.openai',
    source: AZURE_DOCS,
  },
  {
    host: 'cognitiveservices.azure.us',
    modelPath: '/openai/',
    provider: 'azure.ai.openai',
    source: AZURE_DOCS,
  },
  {
    host: '{place}.api.cognitive.microsoft.com',
    modelPath: '/openai/',
    provider: 'azure.ai.openai',
    source: AZURE_DOCS,
  },
  {
    host: 'services.ai.azure.com',
    provider: 'azure.ai.inference',
    source: 'https://learn.microsoft.com/en-us/azure/ai-foundry/foundry-models/concepts/endpoints',
  },
  {
    host: '{place}.models.ai.azure.com',
    provider: 'azure.ai.inference',
    source: 'https://learn.microsoft.com/en-us/azure/ai-foundry/how-to/deploy-models-serverless',
  },
  // A gateway in front of any API.
  {
    host: 'azure-api.net',
    modelPath: '/openai/',
    provider: 'azure.api_management',
    source: 'https://learn.microsoft.com/en-us/azure/api-management/genai-gateway-capabilities',
  },
  {
    host: '{place}-aiplatform.googleapis.com',
    modelPath: '/publishers/',
    provider: 'gcp.vertex_ai',
    placeInPath: VERTEX_LOCATION,
    source: VERTEX_DOCS,
  },
  {
    host: 'aiplatform.{place}.rep.googleapis.com',
    modelPath: '/publishers/',
    provider: 'gcp.vertex_ai',
    placeInPath: VERTEX_LOCATION,
    source: VERTEX_DOCS,
  },
  {
    host: 'aiplatform.googleapis.com',
    modelPath: '/publishers/',
    provider: 'gcp.vertex_ai',
    place: 'global',
    placeInPath: VERTEX_LOCATION,
    source: VERTEX_DOCS,
  },
  {
    host: 'generativelanguage.googleapis.com',
    provider: 'gcp.gemini',
    source: 'https://ai.google.dev/api',
  },
  // `.amazonaws.com` alone is any service, such as a load balancer in front of a self-hosted model.
  { host: 'bedrock-runtime.{place}.amazonaws.com', provider: 'aws.bedrock', source: BEDROCK_DOCS },
  { host: 'bedrock-runtime-fips.{place}.amazonaws.com', provider: 'aws.bedrock', source: BEDROCK_DOCS },
  {
    host: 'bedrock-runtime.{place}.vpce.amazonaws.com',
    provider: 'aws.bedrock',
    source: 'https://docs.aws.amazon.com/bedrock/latest/userguide/vpc-interface-endpoints.html',
  },
  {
    host: 'bedrock-mantle.{place}.api.aws',
    provider: 'aws.bedrock',
    source: 'https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-mantle.html',
  },
  { host: 'api.groq.com', provider: 'groq', source: 'https://console.groq.com/docs/openai' },
  { host: 'api.mistral.ai', provider: 'mistral_ai', source: 'https://docs.mistral.ai/api' },
  {
    host: 'api.{place}.mistral.ai',
    provider: 'mistral_ai',
    source: 'https://docs.mistral.ai/studio/regional-inference',
  },
  // Has its own keys and prices, although it has the models of the API.
  {
    host: 'codestral.mistral.ai',
    provider: 'mistral_ai',
    place: 'codestral',
    source: 'https://docs.mistral.ai/capabilities/code_generation',
  },
  { host: 'api.deepseek.com', provider: 'deepseek', source: 'https://api-docs.deepseek.com' },
  {
    host: '{place}.api.x.ai',
    provider: 'x_ai',
    source: 'https://docs.x.ai/developers/advanced-api-usage/regions',
  },
  { host: 'api.x.ai', provider: 'x_ai', source: 'https://docs.x.ai/docs/api-reference' },
  {
    host: 'api.perplexity.ai',
    provider: 'perplexity',
    source: 'https://docs.perplexity.ai/api-reference/chat-completions-post',
  },
  { host: 'api.cohere.com', provider: 'cohere', source: 'https://docs.cohere.com/reference/about' },
  { host: 'api.cohere.ai', provider: 'cohere', source: 'https://docs.cohere.com/docs/compatibility-api' },
  {
    host: 'openrouter.ai',
    provider: 'openrouter',
    source: 'https://openrouter.ai/docs/api-reference/overview',
  },
  {
    host: 'api.moonshot.ai',
    provider: 'moonshot_ai',
    source: 'https://platform.moonshot.ai/docs/api/chat',
  },
  // Mainland China: billed in CNY.
  {
    host: 'api.moonshot.cn',
    provider: 'moonshot_ai',
    place: 'cn',
    source: 'https://platform.moonshot.cn/docs/api/chat',
  },
  {
    host: 'api.together.xyz',
    provider: 'together',
    source: 'https://docs.together.ai/docs/openai-api-compatibility',
  },
  {
    host: 'api.together.ai',
    provider: 'together',
    source: 'https://docs.together.ai/docs/openai-api-compatibility',
  },
  {
    host: 'api.fireworks.ai',
    provider: 'fireworks',
    source: 'https://docs.fireworks.ai/tools-sdks/openai-compatibility',
  },
  {
    host: 'api.cerebras.ai',
    provider: 'cerebras',
    source: 'https://inference-docs.cerebras.ai/resources/openai',
  },
  {
    host: 'api.deepinfra.com',
    provider: 'deepinfra',
    source: 'https://deepinfra.com/docs/openai_api',
  },
  {
    host: 'studio.nebius.com',
    provider: 'nebius',
    source: 'https://docs.studio.nebius.com/inference/api',
  },
  {
    host: 'studio.nebius.ai',
    provider: 'nebius',
    source: 'https://docs.studio.nebius.com/inference/api',
  },
  {
    host: 'tokenfactory.nebius.com',
    provider: 'nebius',
    source: 'https://docs.tokenfactory.nebius.com/api-reference/introduction',
  },
  {
    host: 'tokenfactory.{place}.nebius.com',
    provider: 'nebius',
    source: 'https://docs.tokenfactory.nebius.com/api-reference/introduction',
  },
  {
    host: 'api.sambanova.ai',
    provider: 'sambanova',
    source: 'https://docs.sambanova.ai/docs/en/features/openai-compatibility',
  },
  {
    host: 'api.hyperbolic.xyz',
    provider: 'hyperbolic',
    source: 'https://docs.hyperbolic.xyz/docs/rest-api',
  },
  {
    host: 'api.novita.ai',
    provider: 'novita',
    source: 'https://novita.ai/docs/guides/llm-api',
  },
  {
    host: 'ai-gateway.vercel.sh',
    provider: 'vercel',
    source: 'https://vercel.com/docs/ai-gateway/sdks-and-apis',
  },
  {
    host: 'models.github.ai',
    provider: 'github',
    source: 'https://docs.github.com/en/rest/models/inference',
  },
  {
    host: 'models.inference.ai.azure.com',
    provider: 'github',
    source: 'https://docs.github.com/en/github-models',
  },
  {
    host: 'gateway.ai.cloudflare.com',
    provider: 'cloudflare.ai_gateway',
    source: 'https://developers.cloudflare.com/ai-gateway/usage/chat-completion',
  },
  {
    host: 'api.cloudflare.com',
    path: '/ai/',
    provider: 'cloudflare.workers_ai',
    source: 'https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility',
  },
  {
    host: 'databricks.com',
    modelPath: '/serving-endpoints/',
    provider: 'databricks',
    source: 'https://docs.databricks.com/aws/en/machine-learning/model-serving/query-chat-models',
  },
  {
    host: 'azuredatabricks.net',
    modelPath: '/serving-endpoints/',
    provider: 'databricks',
    source:
      'https://learn.microsoft.com/en-us/azure/databricks/machine-learning/model-serving/query-chat-models',
  },
  {
    host: 'snowflakecomputing.com',
    modelPath: '/cortex/',
    provider: 'snowflake',
    source: 'https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api',
  },
  {
    host: 'api.nvidia.com',
    provider: 'nvidia',
    source: 'https://docs.api.nvidia.com/nim/reference/llm-apis',
  },
  {
    host: 'dashscope-{place}.aliyuncs.com',
    provider: 'alibaba',
    source: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope',
  },
  {
    host: '{place}.dashscope.aliyuncs.com',
    provider: 'alibaba',
    source: 'https://www.alibabacloud.com/help/en/model-studio/base-url',
  },
  {
    host: 'dashscope.aliyuncs.com',
    provider: 'alibaba',
    place: 'cn',
    source: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope',
  },
  {
    host: '{place}.maas.aliyuncs.com',
    provider: 'alibaba',
    source: 'https://www.alibabacloud.com/help/en/model-studio/regions',
  },
  { host: 'api.z.ai', provider: 'zhipu', source: 'https://docs.z.ai/api-reference/introduction' },
  {
    host: 'open.bigmodel.cn',
    provider: 'zhipu',
    place: 'cn',
    source: 'https://docs.bigmodel.cn/cn/api/introduction',
  },
  {
    host: 'api.minimax.io',
    provider: 'minimax',
    source: 'https://platform.minimax.io/docs/api-reference/text-openai-api',
  },
  {
    host: 'api.minimaxi.com',
    provider: 'minimax',
    place: 'cn',
    source: 'https://platform.minimaxi.com/docs/api-reference/text-openai-api',
  },
  {
    host: 'api.minimax.chat',
    provider: 'minimax',
    place: 'cn',
    source: 'https://platform.minimaxi.com/docs/api-reference/text-openai-api',
  },
  // Routes to one of several providers with different prices.
  {
    host: 'router.huggingface.co',
    provider: 'hugging_face',
    source: 'https://huggingface.co/docs/inference-providers/tasks/chat-completion',
  },
  {
    host: 'api-inference.huggingface.co',
    provider: 'hugging_face',
    source: 'https://huggingface.co/docs/inference-providers/providers/hf-inference',
  },
  // Mainland China: billed in CNY.
  {
    host: 'ark.{place}.volces.com',
    provider: 'volcengine',
    source: 'https://www.volcengine.com/docs/82379/1298454',
  },
  {
    host: 'ark.{place}.bytepluses.com',
    provider: 'byteplus',
    source: 'https://docs.byteplus.com/en/docs/ModelArk/1298459',
  },
  {
    host: '{place}.ml.cloud.ibm.com',
    modelPath: '/ml/v1/',
    provider: 'ibm.watsonx.ai',
    source: 'https://cloud.ibm.com/apidocs/watsonx-ai',
  },
  { host: 'api.voyageai.com', provider: 'voyage', source: 'https://docs.voyageai.com/reference' },
  { host: 'api.jina.ai', provider: 'jina', source: 'https://api.jina.ai/docs' },
];
