import type { JsonObject } from '../json/json-value.js';
import { emptyResponse } from '../response-draft.js';
import { bedrockMessages, vertexMessages } from './hosted-messages.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { NO_HEADERS } from '../headers.js';

const BODY = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages: [] };
const KEYS = new Set(Object.keys(BODY));

describe('Anthropic Messages on Bedrock', () => {
  // Paths as written by @anthropic-ai/bedrock-sdk 1 (`client`).
  it.each<[string, string, boolean]>([
    [
      '/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke',
      'us.anthropic.claude-haiku-4-5-20251001-v1:0',
      false,
    ],
    [
      '/gateway/model/anthropic.claude-sonnet-4-6/invoke-with-response-stream',
      'anthropic.claude-sonnet-4-6',
      true,
    ],
    [
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.anthropic.claude-sonnet-4-6/invoke',
      'arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-6',
      false,
    ],
    ['/model/100%/invoke', '100%', false],
  ])('%s', (path, model, stream) => {
    expect(formatOfPath(path)).toBe(bedrockMessages);
    expect(bedrockMessages.readRequest(BODY, path, NO_HEADERS)).toMatchObject({
      model,
      stream,
      maxTokens: 100,
    });
  });

  it('are distinguished from Lambda functions and other models', () => {
    expect(bedrockMessages.accepts(KEYS, '')).toBe(true);
    expect(bedrockMessages.accepts(new Set(['inputText', 'textGenerationConfig']), '')).toBe(false);
    expect(bedrockMessages.accepts(new Set(['messages', 'inferenceConfig']), '')).toBe(false);
    expect(bedrockMessages.readRequest(BODY, '/functions/invoke', NO_HEADERS).model).toBeNull();
  });

  it('keep the region in the requested model, because it determines the price', () => {
    const response = emptyResponse();
    const body: JsonObject = {
      id: 'msg_bdrk_01',
      type: 'message',
      model: 'claude-haiku-4-5-20251001',
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 12, output_tokens: 6 },
    };
    bedrockMessages.readResponse(body, response);
    expect(response).toMatchObject({
      id: 'msg_bdrk_01',
      model: null,
      finish: 'stop',
      usage: { inputTokens: 12, outputTokens: 6 },
      complete: true,
    });
  });
});

describe('Anthropic Messages on Vertex AI', () => {
  const models = '/v1/projects/p/locations/global/publishers/anthropic/models';

  // Paths as written by @anthropic-ai/vertex-sdk 1 (`client`).
  it.each<[string, string]>([
    [`${models}/claude-haiku-4-5@20251001:rawPredict`, 'claude-haiku-4-5@20251001'],
    [`${models}/claude-sonnet-4-6:streamRawPredict`, 'claude-sonnet-4-6'],
  ])('%s', (path, model) => {
    expect(formatOfPath(path)).toBe(vertexMessages);
    expect(vertexMessages.readRequest({ ...BODY, stream: true }, path, NO_HEADERS)).toMatchObject({
      model,
      stream: true,
    });
  });

  it('are distinguished from token counting and other models', () => {
    expect(formatOfPath(`${models}/count-tokens:rawPredict`)).toBeNull();
    expect(formatOfPath(`${models}/x:predict`)).toBeNull();
    expect(vertexMessages.accepts(KEYS, '')).toBe(true);
    // The API of Mistral uses the same path.
    expect(vertexMessages.accepts(new Set(['model', 'messages']), '')).toBe(false);
  });
});
