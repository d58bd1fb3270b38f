import type { EmbedContentResponse, GenerateContentResponse, Interactions } from '@google/genai';
import type { GeminiResponse } from '../../src/llm-telemetry/testing/providers/gemini.js';
import type { GeminiEmbeddings } from '../../src/llm-telemetry/testing/providers/gemini-embeddings.js';
import type { SentInteraction } from '../../src/llm-telemetry/testing/providers/gemini-interactions.js';

/** Compiles only if the emulator sends the shapes of the types of `@google/genai`. */
export type Checked = [
  Assignable<GeminiResponse, Json<GenerateContentResponse>>,
  Assignable<Omit<GeminiEmbeddings, 'embedding'>, Json<EmbedContentResponse>>,
  Assignable<SentInteraction, Json<Interactions.Interaction>>,
];

type Assignable<Sent extends Expected, Expected> = [Sent, Expected];

/** A type of the SDK as JSON: enums are their values, and methods and getters are optional. */
type Json<Type> = Type extends string
  ? string & {} extends Type
    ? string
    : `${Type}`
  : Type extends ReadonlyArray<infer Item>
    ? ReadonlyArray<Json<Item>>
    : Type extends object
      ? { readonly [Name in keyof Type]?: Json<Type[Name]> }
      : Type;
