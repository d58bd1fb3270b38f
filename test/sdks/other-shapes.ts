import type { OCRResponse } from '@mistralai/mistralai/models/components';
import type {
  EmbeddingModelV4,
  ImageModelV4,
  RerankingModelV4,
  SpeechModelV4,
  TranscriptionModelV4,
} from '@ai-sdk/provider';
import type { Cohere } from 'cohere-ai';
import type { EmbeddingsResponse } from 'ollama';
import type * as VoyageAI from 'voyageai';
import type {
  SentCohereChatV1,
  SentCohereLineV1,
} from '../../src/llm-telemetry/testing/providers/cohere-chat-v1.js';
import type {
  SentChunks,
  SentEmbedding,
  SentList,
} from '../../src/llm-telemetry/testing/providers/list-embeddings.js';
import type { SentOcr } from '../../src/llm-telemetry/testing/providers/mistral-ocr.js';
import type { SentCohereRerank, SentVoyageRerank } from '../../src/llm-telemetry/testing/providers/rerank.js';
import type { SentOllamaEmbedding } from '../../src/llm-telemetry/testing/providers/ollama.js';
import type {
  SentGatewayEmbeddings,
  SentGatewayImages,
  SentGatewayRanking,
  SentGatewaySpeech,
  SentGatewayTranscript,
} from '../../src/llm-telemetry/testing/providers/vercel-gateway-models.js';
import type { Assignable, Json } from './shapes.js';

/** Compiles only if the emulator sends the shapes of the types of the SDKs, whose names are in camel case. */
export type Checked = [
  Assignable<Camel<SentOcr>, Json<OCRResponse>>,
  Assignable<Camel<SentCohereRerank>, Json<Cohere.V2RerankResponse>>,
  Assignable<Camel<SentCohereChatV1>, Json<Cohere.NonStreamedChatResponse>>,
  Assignable<Camel<SentCohereLineV1>, Json<Cohere.StreamedChatResponse>>,
  Assignable<SentOllamaEmbedding, EmbeddingsResponse>,
  Assignable<SentGatewayEmbeddings, Result<EmbeddingModelV4['doEmbed']>>,
  Assignable<SentGatewayImages, Result<ImageModelV4['doGenerate']>>,
  Assignable<SentGatewayRanking, Result<RerankingModelV4['doRerank']>>,
  Assignable<SentGatewaySpeech, Result<SpeechModelV4['doGenerate']>>,
  Assignable<SentGatewayTranscript, Result<TranscriptionModelV4['doGenerate']>>,
  Assignable<Camel<SentVoyageRerank>, Json<VoyageAI.RerankResponse>>,
  Assignable<Camel<SentList<Numbers>>, Json<VoyageAI.EmbedResponse>>,
  Assignable<Camel<SentList<Numbers>>, Json<VoyageAI.MultimodalEmbedResponse>>,
  Assignable<
    Camel<SentList<Omit<SentChunks, 'data'> & { data: Numbers[] }>>,
    Json<VoyageAI.ContextualizedEmbedResponse>
  >,
];

/** What a model of the AI SDK returns, which the gateway sends. */
type Result<Method extends (...args: never[]) => PromiseLike<unknown>> = Partial<Awaited<ReturnType<Method>>>;

/** The SDK decodes base64. */
type Numbers = Omit<SentEmbedding, 'embedding'> & { readonly embedding: number[] };

/** A type with the names of its members in camel case. */
type Camel<Type> =
  Type extends ReadonlyArray<infer Item>
    ? ReadonlyArray<Camel<Item>>
    : Type extends object
      ? { readonly [Name in keyof Type as Name extends string ? CamelName<Name> : never]: Camel<Type[Name]> }
      : Type;

type CamelName<Name extends string> = Name extends `${infer Head}_${infer Rest}`
  ? `${Head}${Capitalize<CamelName<Rest>>}`
  : Name;
