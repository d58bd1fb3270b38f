import type { OCRResponse } from '@mistralai/mistralai/models/components';
import type { Cohere } from 'cohere-ai';
import type * as VoyageAI from 'voyageai';
import type {
  SentChunks,
  SentEmbedding,
  SentList,
} from '../../src/llm-telemetry/testing/providers/list-embeddings.js';
import type { SentOcr } from '../../src/llm-telemetry/testing/providers/mistral-ocr.js';
import type { SentCohereRerank, SentVoyageRerank } from '../../src/llm-telemetry/testing/providers/rerank.js';
import type { Assignable, Json } from './shapes.js';

/** Compiles only if the emulator sends the shapes of the types of the SDKs, whose names are in camel case. */
export type Checked = [
  Assignable<Camel<SentOcr>, Json<OCRResponse>>,
  Assignable<Camel<SentCohereRerank>, Json<Cohere.V2RerankResponse>>,
  Assignable<Camel<SentVoyageRerank>, Json<VoyageAI.RerankResponse>>,
  Assignable<Camel<SentList<Numbers>>, Json<VoyageAI.EmbedResponse>>,
  Assignable<Camel<SentList<Numbers>>, Json<VoyageAI.MultimodalEmbedResponse>>,
  Assignable<
    Camel<SentList<Omit<SentChunks, 'data'> & { data: Numbers[] }>>,
    Json<VoyageAI.ContextualizedEmbedResponse>
  >,
];

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
