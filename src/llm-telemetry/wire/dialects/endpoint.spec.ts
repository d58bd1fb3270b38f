import { providerOfHost } from './endpoint.js';

describe('providerOfHost', () => {
  it.each([
    ['api.openai.com', 'openai'],
    ['eu.api.openai.com', 'openai'],
    ['api.anthropic.com', 'anthropic'],
    ['contoso.openai.azure.com', 'azure.ai.openai'],
    ['contoso.cognitiveservices.azure.com', 'azure.ai.openai'],
    ['contoso.services.ai.azure.com', 'azure.ai.inference'],
    ['us-east5-aiplatform.googleapis.com', 'gcp.vertex_ai'],
    ['generativelanguage.googleapis.com', 'gcp.gemini'],
    ['bedrock-runtime.us-east-1.amazonaws.com', 'aws.bedrock'],
    ['bedrock-mantle.us-east-1.api.aws', 'aws.bedrock'],
    ['api.groq.com', 'groq'],
    ['openrouter.ai', 'openrouter'],
    // Self-hosted servers
    ['127.0.0.1', null],
    ['ollama.internal', null],
    ['openai.com.example.com', null],
  ])('maps %s to %s', (host, provider) => {
    expect(providerOfHost(host)).toBe(provider);
  });
});
