import fc from 'fast-check';
import { GeminiContent, GeminiEmbeddingsContent } from '../content/gemini.content.js';
import { InteractionsContent } from '../content/interactions.content.js';
import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { gemini } from './gemini.js';
import { geminiEmbeddings, imagen, vertexPredictEmbeddings } from './gemini-embeddings.js';
import { interactions } from './interactions.js';

/** Member names of requests, responses and events of all Google formats. */
const NAMES =
  'contents content parts text functionCall name args functionResponse response inlineData fileData generationConfig generation_config thinkingConfig thinkingLevel stopSequences responseModalities candidates finishReason groundingMetadata webSearchQueries groundingChunks maps promptFeedback blockReason usageMetadata promptTokenCount candidatesTokenCount thoughtsTokenCount totalTokenCount promptTokensDetails modality tokenCount error details reason embeddings statistics requests instances predictions parameters status steps summary usage total_input_tokens grounding_tool_count errors event_type delta step interaction input index type'.split(
    ' ',
  );
const VALUES = [
  'STOP', 'model_output', 'function_call', 'thought', 'text', 'AUDIO', 'step.start', 'step.delta',
  'interaction.completed', 'google_search', 'failed', 'completed',
]; // prettier-ignore

const { body } = fc.letrec((tie) => ({
  body: fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 6, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>(null, true, '', -1, 0.5, 1e300, 7, ...VALUES),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('body'),
  ),
}));

describe('unexpected JSON of Google', () => {
  it.each([
    ['Gemini', gemini],
    ['embeddings', geminiEmbeddings],
    ['embeddings by predict', vertexPredictEmbeddings],
    ['Imagen', imagen],
    ['Interactions', interactions],
  ])('is read without an error as %s', (_, format) => {
    fc.assert(
      fc.property(body, body, (one, other) => {
        const first = one as JsonObject;
        format.readRequest(first, 'https://example.com/v1/models/m:generateContent', NO_HEADERS);
        format.inputBytes(first);
        const readEvent = (event: JsonObject, response: ResponseDraft): void =>
          format.readEvent(JSON.stringify(event), response, null);
        for (const read of [format.readResponse, readEvent]) {
          const response = emptyResponse();
          read(first, response);
          read(other as JsonObject, response);
          const { inputTokens, outputTokens } = toUsage(response, true, () => 0);
          expect(inputTokens).toBeGreaterThanOrEqual(0);
          expect(outputTokens).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['Gemini', () => new GeminiContent(10)],
    ['embeddings', () => new GeminiEmbeddingsContent()],
    ['Interactions', () => new InteractionsContent(10)],
  ])('is read without an error as content of %s', (_, create) => {
    fc.assert(
      fc.property(body, body, (one, other) => {
        const content = create();
        content.readRequest(one as JsonObject);
        content.readEvent(one as JsonObject);
        content.readEvent(other as JsonObject);
        expect(Array.isArray(content.output())).toBe(true);
        content.readResponse(other as JsonObject);
        expect(Array.isArray(content.output())).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
