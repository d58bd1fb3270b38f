import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { dashscopeEmbeddings, dashscopeMultimodalEmbeddings, dashscopeRerank } from './dashscope-models.js';
import type { BuiltInFormat } from './format.js';

function readBoth(format: BuiltInFormat, body: JsonObject): readonly ResponseDraft[] {
  const [parsed, skimmed] = [emptyResponse(), emptyResponse()];
  format.readResponse(body, parsed);
  expect(format.skimResponse!(JSON.stringify(body), skimmed)).toBe(true);
  return [parsed, skimmed];
}

const EMBEDDINGS = { embeddings: [{ index: 0, embedding: [0.1] }] };

describe('embeddings and rankings of DashScope', () => {
  it.each<[string, BuiltInFormat, JsonObject, JsonObject, object]>([
    [
      'texts, before the output',
      dashscopeEmbeddings,
      { total_tokens: 7 },
      EMBEDDINGS,
      { inputTokens: 7, outputTokens: 0, imageInputTokens: 0 },
    ],
    [
      'texts and images, apart',
      dashscopeMultimodalEmbeddings,
      { input_tokens: 10, image_tokens: 896, image_count: 1 },
      EMBEDDINGS,
      { inputTokens: 906, imageInputTokens: 896 },
    ],
    [
      'images only',
      dashscopeMultimodalEmbeddings,
      { image_tokens: 896 },
      EMBEDDINGS,
      { inputTokens: 896, imageInputTokens: 896 },
    ],
    [
      'texts and images, together',
      dashscopeMultimodalEmbeddings,
      { input_tokens: 903, input_tokens_details: { image_tokens: 896 }, output_tokens: 3, total_tokens: 906 },
      EMBEDDINGS,
      { inputTokens: 903, imageInputTokens: 896, outputTokens: 3 },
    ],
    ['documents', dashscopeRerank, { total_tokens: 79 }, { results: [{ index: 0 }] }, { inputTokens: 79 }],
  ])('report tokens of %s', (_, format, usage, output, counts) => {
    for (const body of [
      { usage, output, request_id: 'r1' },
      { output, usage, request_id: 'r1' },
    ])
      for (const response of readBoth(format, body))
        expect(response).toMatchObject({ id: 'r1', complete: true, hasContent: true, usage: counts });
  });

  it('parse a response without usage, or one that is cut', () => {
    const response = emptyResponse();
    const { skimResponse } = dashscopeEmbeddings;
    expect(skimResponse!('{"code":"InvalidParameter","message":"x"}', response)).toBe(false);
    expect(skimResponse!('{"usage":{"total_tokens":1},"output":{"embeddings":[[0.', response)).toBe(false);
    dashscopeEmbeddings.readResponse({ error: { message: 'x' } }, response);
    expect(response).toMatchObject({ complete: false, error: {} });
  });

  it('read model and dimension of a request, and nothing of events', () => {
    const body = { model: 'text-embedding-v4', input: { texts: ['a'] }, parameters: { dimension: 64 } };
    expect(dashscopeEmbeddings.accepts(new Set(Object.keys(body)), '')).toBe(true);
    expect(dashscopeEmbeddings.readRequest(body, '', NO_HEADERS)).toEqual({
      model: 'text-embedding-v4',
      stream: false,
      dimensions: 64,
    });
    expect(() => dashscopeRerank.readEvent('{}', emptyResponse(), null)).not.toThrow();
  });

  it('count the text of a request, which images do not have', () => {
    expect(dashscopeEmbeddings.inputBytes({ input: { texts: ['ab', 'c'] } })).toBe(3);
    expect(dashscopeEmbeddings.inputBytes({ input: { url: 'https://x.example/a.txt' } })).toBeNull();
    expect(dashscopeMultimodalEmbeddings.inputBytes({ input: { contents: [{ text: 'abc' }] } })).toBe(3);
    const contents = [{ text: 'abc' }, { image: 'https://x.example/a.png' }];
    expect(dashscopeMultimodalEmbeddings.inputBytes({ input: { contents } })).toBeNull();
    expect(dashscopeRerank.inputBytes({ input: { query: 'q', documents: ['ab', 'c'] } })).toBe(5);
    expect(dashscopeRerank.inputBytes({})).toBe(0);
  });

  it('record the texts of a request', () => {
    const reader = dashscopeEmbeddings.content!(1000);
    expect(reader.readRequest({ input: { texts: ['a'] } }).input).toMatchObject([
      { parts: [{ content: 'a' }] },
    ]);
    expect(reader.readRequest({}).input).toEqual([]);
  });
});
