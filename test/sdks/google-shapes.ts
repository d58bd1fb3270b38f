import type { EmbedContentResponse, GenerateContentResponse, Interactions } from '@google/genai';
import type { GeminiResponse } from '../../src/llm-telemetry/testing/providers/gemini.js';
import type { GeminiEmbeddings } from '../../src/llm-telemetry/testing/providers/gemini-embeddings.js';
import type { SentInteraction } from '../../src/llm-telemetry/testing/providers/gemini-interactions.js';
import type { Assignable, Json } from './shapes.js';

/** Compiles only if the emulator sends the shapes of the types of `@google/genai`. */
export type Checked = [
  Assignable<GeminiResponse, Json<GenerateContentResponse>>,
  Assignable<Omit<GeminiEmbeddings, 'embedding'>, Json<EmbedContentResponse>>,
  Assignable<SentInteraction, Json<Interactions.Interaction>>,
];
