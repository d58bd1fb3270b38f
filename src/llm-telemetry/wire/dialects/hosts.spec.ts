import { knownHost } from './host-match.js';
import { HOSTS } from './hosts.js';

describe('the table of hosts', () => {
  it.each([
    ['api.openai.com', 'openai', null],
    ['eu.api.openai.com', 'openai', 'eu'],
    ['us.api.openai.com', 'openai', 'us'],
    ['api.anthropic.com', 'anthropic', null],
    ['aws-external-anthropic.us-west-2.api.aws', 'anthropic', 'us-west-2'],
    ['contoso.openai.azure.com', 'azure.ai.openai', null],
    ['contoso.openai.azure.us', 'azure.ai.openai', null],
    ['contoso.cognitiveservices.azure.com', 'azure.ai.openai', null],
    ['eastus.api.cognitive.microsoft.com', 'azure.ai.openai', 'eastus'],
    ['contoso.services.ai.azure.com', 'azure.ai.inference', null],
    ['mistral-large.eastus2.models.ai.azure.com', 'azure.ai.inference', 'eastus2'],
    ['contoso.azure-api.net', 'azure.api_management', null],
    ['aiplatform.googleapis.com', 'gcp.vertex_ai', 'global'],
    ['us-east5-aiplatform.googleapis.com', 'gcp.vertex_ai', 'us-east5'],
    ['aiplatform.eu.rep.googleapis.com', 'gcp.vertex_ai', 'eu'],
    ['generativelanguage.googleapis.com', 'gcp.gemini', null],
    ['bedrock-runtime.us-east-1.amazonaws.com', 'aws.bedrock', 'us-east-1'],
    ['bedrock-runtime-fips.us-gov-west-1.amazonaws.com', 'aws.bedrock', 'us-gov-west-1'],
    ['vpce-0a1b-2c3d.bedrock-runtime.eu-west-1.vpce.amazonaws.com', 'aws.bedrock', 'eu-west-1'],
    ['bedrock-mantle.us-east-1.api.aws', 'aws.bedrock', 'us-east-1'],
    ['api.groq.com', 'groq', null],
    ['api.mistral.ai', 'mistral_ai', null],
    ['api.eu.mistral.ai', 'mistral_ai', 'eu'],
    ['codestral.mistral.ai', 'mistral_ai', 'codestral'],
    ['api.deepseek.com', 'deepseek', null],
    ['api.x.ai', 'x_ai', null],
    ['us.api.x.ai', 'x_ai', 'us'],
    ['api.perplexity.ai', 'perplexity', null],
    ['api.cohere.com', 'cohere', null],
    ['openrouter.ai', 'openrouter', null],
    ['api.moonshot.ai', 'moonshot_ai', null],
    ['api.moonshot.cn', 'moonshot_ai', 'cn'],
    ['api.together.xyz', 'together', null],
    ['api.fireworks.ai', 'fireworks', null],
    ['api.cerebras.ai', 'cerebras', null],
    ['api.deepinfra.com', 'deepinfra', null],
    ['api.studio.nebius.com', 'nebius', null],
    ['api.tokenfactory.us-central1.nebius.com', 'nebius', 'us-central1'],
    ['api.sambanova.ai', 'sambanova', null],
    ['api.hyperbolic.xyz', 'hyperbolic', null],
    ['api.novita.ai', 'novita', null],
    ['ai-gateway.vercel.sh', 'vercel', null],
    ['models.github.ai', 'github', null],
    ['gateway.ai.cloudflare.com', 'cloudflare.ai_gateway', null],
    ['dbc-1234.cloud.databricks.com', 'databricks', null],
    ['adb-1234.5.azuredatabricks.net', 'databricks', null],
    ['account.snowflakecomputing.com', 'snowflake', null],
    ['integrate.api.nvidia.com', 'nvidia', null],
    ['dashscope-intl.aliyuncs.com', 'alibaba', 'intl'],
    ['dashscope.aliyuncs.com', 'alibaba', 'cn'],
    ['cn-hongkong.dashscope.aliyuncs.com', 'alibaba', 'cn-hongkong'],
    ['ws-1.ap-southeast-1.maas.aliyuncs.com', 'alibaba', 'ap-southeast-1'],
    ['api.z.ai', 'zhipu', null],
    ['api.minimax.io', 'minimax', null],
    ['router.huggingface.co', 'hugging_face', null],
    ['api-inference.huggingface.co', 'hugging_face', null],
    ['ark.cn-beijing.volces.com', 'volcengine', 'cn-beijing'],
    ['ark.ap-southeast.bytepluses.com', 'byteplus', 'ap-southeast'],
    ['eu-de.ml.cloud.ibm.com', 'ibm.watsonx.ai', 'eu-de'],
  ])('maps %s to %s at %s', (host, provider, place) => {
    expect(knownHost(host, '/v1/chat/completions')).toEqual({ provider, place });
  });

  it.each([
    '127.0.0.1',
    'ollama.internal',
    // A name that contains the name of a provider.
    'api.openai.com.example.com',
    'evil-api.openai.com.example',
    'notapi.openai.com',
    'my-api.x.ai',
    'xapi.x.ai',
    'eu.notapi.openai.com',
    'fakeaiplatform.googleapis.com',
    'rep.googleapis.com',
    // Load balancers, API gateways and functions of AWS.
    'internal-llm-1.us-east-1.elb.amazonaws.com',
    'abc.execute-api.us-east-1.amazonaws.com',
    'bedrock-runtime.us-east-1.elb.amazonaws.com',
    'vpc-lattice.us-east-1.api.aws',
  ])('does not know %s', (host) => {
    expect(knownHost(host, '/v1/chat/completions')).toBeNull();
  });

  it.each([
    [
      'aiplatform.googleapis.com',
      '/v1/projects/p/locations/us-east5/publishers/anthropic/models/m:rawPredict',
      'us-east5',
    ],
    [
      'us-east5-aiplatform.googleapis.com',
      '/v1/projects/p/locations/global/publishers/google/models/m:predict',
      'global',
    ],
    [
      'aiplatform.us.rep.googleapis.com',
      '/v1/projects/p/locations/us/publishers/google/models/m:generateContent',
      'us',
    ],
    ['aiplatform.googleapis.com', '/v1/publishers/google/models/m:generateContent', 'global'],
    ['aiplatform.googleapis.com', `/v1/locations/${'x'.repeat(500)}/m:predict`, 'global'],
  ])('reads the location of Vertex AI from %s%s', (host, path, place) => {
    expect(knownHost(host, path)?.place).toBe(place);
  });

  it('reads only the paths of Workers AI as a model host of api.cloudflare.com', () => {
    expect(knownHost('api.cloudflare.com', '/client/v4/accounts/a/ai/v1/chat/completions')?.provider).toBe(
      'cloudflare.workers_ai',
    );
    expect(knownHost('api.cloudflare.com', '/client/v4/zones')).toBeNull();
  });

  it('names a source for each row', () => {
    for (const { host, source } of HOSTS) expect([host, URL.canParse(source)]).toEqual([host, true]);
  });

  it('has no row that an earlier row hides', () => {
    for (const { host, path = '/', provider } of HOSTS)
      expect([host, knownHost(host.replace('{place}', 'eu'), path)?.provider]).toEqual([host, provider]);
  });
});
