import { NO_HEADERS } from '../headers.js';
import { gemini, vertexGemini } from './gemini.js';

const BASE = 'https://generativelanguage.googleapis.com';
const MODEL_URL = `${BASE}/v1beta/models/gemini-2.5-flash:generateContent`;

describe('Gemini requests', () => {
  it.each([
    [`${BASE}/v1/models/gemini-2.5-flash:generateContent`, 'gemini-2.5-flash', false],
    [`${BASE}/v1beta/models/gemini-2.5-flash:streamGenerateContent`, 'gemini-2.5-flash', true],
    [`${BASE}/v1alpha/tunedModels/title-1:generateContent`, 'tunedModels/title-1', false],
    [
      'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.0-flash-001:streamGenerateContent',
      'gemini-2.0-flash-001',
      true,
    ],
    [
      'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/endpoints/42:generateContent',
      'endpoints/42',
      false,
    ],
    [
      'https://aiplatform.googleapis.com/v1beta1/publishers/google/models/gemini-3-pro:generateContent',
      'gemini-3-pro',
      false,
    ],
  ])('takes model and streaming from the path of %s', (url, model, stream) => {
    expect(gemini.matches(new URL(url).pathname)).toBe(true);
    expect(gemini.readRequest({ contents: [] }, url, NO_HEADERS)).toMatchObject({ model, stream });
  });

  it('belongs to Vertex AI if the path names a publisher or a project, whatever the host', () => {
    expect(vertexGemini.matches('/v1beta1/publishers/google/models/gemini-3-pro:generateContent')).toBe(true);
    expect(vertexGemini.matches('/v1beta/models/gemini-3-pro:generateContent')).toBe(false);
  });

  it.each([':countTokens', ':batchGenerateContent', ':predictLongRunning', ':rawPredict'])(
    'ignores %s',
    (method) => {
      expect(gemini.matches(`/v1beta/models/gemini-2.5-flash${method}`)).toBe(false);
    },
  );

  it('reads the parameters of the generation config', () => {
    const generationConfig = {
      maxOutputTokens: 100,
      temperature: 0.4,
      topP: 0.9,
      topK: 20,
      seed: 7,
      candidateCount: 2,
      stopSequences: ['END'],
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      responseMimeType: 'application/json',
      thinkingConfig: { thinkingBudget: 1024 },
    };
    const body = { contents: [], generationConfig, serviceTier: 'flex' };
    expect(gemini.readRequest(body, MODEL_URL, NO_HEADERS)).toEqual({
      model: 'gemini-2.5-flash',
      stream: false,
      maxTokens: 100,
      temperature: 0.4,
      topP: 0.9,
      topK: 20,
      seed: 7,
      choiceCount: 2,
      stopSequences: ['END'],
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      outputType: 'json',
      reasoningEffort: '1024',
      serviceTier: 'flex',
    });
  });

  it('reads snake-case parameters, which the REST API accepts', () => {
    const generation_config = { max_output_tokens: 5, thinking_config: { thinking_level: 'HIGH' } };
    expect(gemini.readRequest({ generation_config }, MODEL_URL, NO_HEADERS)).toMatchObject({
      maxTokens: 5,
      reasoningEffort: 'HIGH',
    });
  });

  it.each([
    [['TEXT', 'IMAGE'], 'image'],
    [['AUDIO'], 'speech'],
    [['TEXT'], 'text'],
  ])('reads the output type of the modalities %j', (responseModalities, outputType) => {
    const body = { generationConfig: { responseModalities } };
    expect(gemini.readRequest(body, MODEL_URL, NO_HEADERS).outputType).toBe(outputType);
  });

  it('estimates the input by its text, without media and signatures', () => {
    const parts = [
      { text: 'hello' },
      { inlineData: { mimeType: 'image/png', data: 'A'.repeat(999) } },
      { thoughtSignature: 'B'.repeat(99), text: '!' },
    ];
    expect(gemini.inputBytes({ contents: [{ role: 'user', parts }] })).toBe(6);
    expect(gemini.inputBytes({ contents: [], cachedContent: 'cachedContents/1' })).toBeNull();
  });
});
