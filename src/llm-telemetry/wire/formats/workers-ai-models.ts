import { PlainTextContent } from '../content/plain-text.content.js';
import { errorIn } from '../dialects/error-body.js';
import {
  asArray,
  asCount,
  asNumber,
  asObject,
  asQuantity,
  asString,
  type JsonObject,
} from '../json/json-value.js';
import { textBytes } from '../json/text-bytes.js';
import type { ResponseDraft } from '../response-draft.js';
import type { BuiltInFormat } from './format.js';
import { isNonEmpty } from './response-parts.js';
import { characterCount } from './speech.js';
import { atModel, modelIn, resultOf } from './workers-ai-parts.js';

/**
 * Models of Cloudflare Workers AI other than language models. Only some of the responses report what is billed. Sources:
 * types of @cloudflare/workers-types 4 (`AiModels`); Workers AI documentation, “Models” and “Pricing”.
 */

/** Reads the result of a response without an error. */
type ReadResult = (result: JsonObject, response: ResponseDraft) => void;

function readingResults(readResult: ReadResult): Pick<BuiltInFormat, 'readResponse' | 'readEvent'> {
  return {
    readResponse: (body, response) => {
      response.error = errorIn(body);
      if (response.error !== null) return;
      readResult(resultOf(body), response);
      response.complete = true;
    },
    // None of these models streams events.
    readEvent: () => {},
  };
}

const IMAGES = /stable-diffusion|dreamshaper|\/flux-\d|\/leonardo\//;

/** Models that generate an image: a file, or base64 in JSON. Billed by tiles and steps, which no response reports. */
export const workersAiImages: BuiltInFormat = {
  ...atModel(IMAGES),
  operation: 'image_generation',
  accepts: (keys) => keys.has('prompt'),
  requestKeys: new Set(['seed']),
  isBinary: true,
  content: (limit) => new PlainTextContent({ input: 'prompt', output: null }, limit),
  readRequest: ({ seed }, url) => ({
    model: modelIn(url),
    stream: false,
    seed: asNumber(seed) ?? undefined,
    outputType: 'image',
  }),
  // The tokens of an image cannot be estimated.
  inputBytes: () => null,
  ...readingResults((result, response) => {
    response.hasContent = isNonEmpty(result['image']);
  }),
};

/** Models that transcribe speech, which is a file or a member of the request. Billed by the length of the audio. */
export const workersAiTranscriptions: BuiltInFormat = {
  ...atModel(/\/whisper|\/deepgram\/nova-/),
  operation: 'transcription',
  accepts: (keys) => keys.has('audio'),
  requestKeys: new Set(),
  content: (limit) => new TranscriptContent({ input: 'initial_prompt', output: 'text' }, limit),
  readRequest: (_, url) => ({ model: modelIn(url), stream: false }),
  inputBytes: () => null,
  ...readingResults((result, response) => {
    // The transcript of silence is empty.
    response.hasContent = transcriptIn(result) !== null;
    const seconds = asQuantity(asObject(result['transcription_info'])?.['duration']);
    if (seconds === null) return;
    response.usage.inputTokens = 0;
    response.usage.outputTokens = 0;
    response.usage.audioSeconds = seconds;
  }),
};

/** Returns the text of Whisper, or the texts of the channels of Deepgram's models. */
function transcriptIn(result: JsonObject): string | null {
  const channels = asObject(result['results'])?.['channels'];
  if (!Array.isArray(channels)) return typeof result['text'] === 'string' ? result['text'] : null;
  const texts = channels.map((channel: unknown) => {
    const [best] = asArray(asObject(channel)?.['alternatives']);
    return asString(asObject(best)?.['transcript']) ?? '';
  });
  return texts.join('\n');
}

class TranscriptContent extends PlainTextContent {
  override readResponse(body: JsonObject): void {
    super.readResponse({ text: transcriptIn(resultOf(body)) });
  }
}

/** Models that speak a text. The response is a file, or base64 in JSON. */
function workersAiSpeech(member: string, rest: Pick<BuiltInFormat, 'readRequestUsage'>): BuiltInFormat {
  return {
    ...atModel(/\/deepgram\/aura-|\/melotts/),
    operation: 'speech',
    accepts: (keys) => keys.has(member),
    requestKeys: new Set(),
    isBinary: true,
    content: (limit) => new PlainTextContent({ input: member, output: null }, limit),
    readRequest: (_, url) => ({ model: modelIn(url), stream: false, outputType: 'speech' }),
    // The tokens of audio cannot be estimated.
    inputBytes: () => null,
    ...readingResults((result, response) => {
      response.hasContent = isNonEmpty(result['audio']);
    }),
    ...rest,
  };
}

export const workersAiSpeechModels: readonly BuiltInFormat[] = [
  // Deepgram's models are billed by characters.
  workersAiSpeech('text', {
    readRequestUsage: ({ text }, { usage }) => {
      const spoken = asString(text);
      if (spoken === null) return;
      usage.inputTokens = 0;
      usage.outputTokens = 0;
      usage.spokenCharacters = characterCount(spoken);
    },
  }),
  // MeloTTS is billed by the length of the audio, which no response reports.
  workersAiSpeech('prompt', {}),
];

const EMBEDDERS = /\/bge-|embedding/;
const EMBEDDED = ['text', 'queries', 'documents', 'contexts'];

/** Models that compare a query with texts. */
export const workersAiRerank: BuiltInFormat = {
  ...atModel(/\/bge-/),
  operation: 'rerank',
  accepts: (keys) => keys.has('query') && keys.has('contexts'),
  requestKeys: new Set(),
  content: (limit) => new PlainTextContent({ input: 'query', output: null }, limit),
  readRequest: (_, url) => ({ model: modelIn(url), stream: false }),
  // The model reads the query once for each text.
  inputBytes: ({ query, contexts }) => textBytes(contexts) + asArray(contexts).length * textBytes(query),
  ...readingResults((result, response) => {
    response.hasContent = isNonEmpty(result['response']);
    readInput(result, response);
  }),
};

/** Models that embed texts. Models that classify and translate have a text, too. */
export const workersAiEmbeddings: BuiltInFormat = {
  ...atModel(EMBEDDERS),
  operation: 'embeddings',
  accepts: (keys) => EMBEDDED.some((member) => keys.has(member)),
  requestKeys: new Set(),
  content: (limit) => new PlainTextContent({ input: 'text', output: null }, limit),
  readRequest: (_, url) => ({ model: modelIn(url), stream: false }),
  inputBytes: (body) => EMBEDDED.reduce((bytes, member) => bytes + textBytes(body[member]), 0),
  ...readingResults((result, response) => {
    response.hasContent = isNonEmpty(result['data'] ?? result['response']);
    readInput(result, response);
  }),
};

function readInput(result: JsonObject, { usage }: ResponseDraft): void {
  usage.inputTokens = asCount(asObject(result['usage'])?.['prompt_tokens']);
  usage.outputTokens = 0;
}
