import type { Answer } from '../answer.js';
import { boundedName, boundedNames } from '../../text/bounded-name.js';
import type { ContentReader } from '../content/content.js';
import type { JsonObject } from '../json/json-value.js';
import type { Landmarks } from '../json/skim.js';

/**
 * One wire format: how a request is recognised, and where in request, answer and events the facts are. A new provider
 * with a format of its own is a new file beside this one and a line in `formats/index.ts`.
 */
export interface WireFormat {
  /** `gen_ai.operation.name` of a request in this format. */
  readonly operation: string;
  /** The provider that this format belongs to, where the host says nothing better. */
  readonly provider: string;
  /** Whether a POST to this path (no query) may be a request in this format. Called for every request: one look. */
  matches(path: string): boolean;
  /** Whether the request really is one, by the top-level keys of its body. */
  accepts(keys: Pick<ReadonlySet<string>, 'has'>): boolean;
  /** The top-level keys of the request body that `readRequest` reads. */
  readonly requestKeys: ReadonlySet<string>;
  /** Response headers that say what is left of the provider's limits. */
  readonly rateLimitHeaders?: readonly string[];
  /** `body`: the members of the request named by `requestKeys`. `url`: without query; some APIs name the model there. */
  readRequest(body: JsonObject, url: string): RequestParameters;
  /**
   * The UTF-8 bytes of text that the model is given, for an estimate; `null` where the request does not hold it. `body`
   * is the whole request, parsed.
   */
  inputBytes(body: JsonObject): number | null;
  /**
   * UTF-8 bytes of a JSON answer besides its text, about: for an estimate from the announced length of an answer that
   * broke off. Absent if its length does not tell its tokens.
   */
  readonly envelopeBytes?: number;
  /** Whether a body without anything in it can be a whole answer. */
  readonly mayBeBlank?: true;
  /** Reads content where the application has asked for it. `limit`: the most characters of a text to keep. */
  content?(limit: number): ContentReader;
  /** Reads a JSON answer. */
  readResponse(body: JsonObject, answer: Answer): void;
  /**
   * Reads a JSON answer without parsing all of it, which for a long one takes longer than all the rest. `false`: there is
   * more in it than can be read so, and it has to be parsed.
   */
  skimResponse?(json: string, answer: Answer): boolean;
  /** Where they are given, a stream is only skimmed for them once its first piece has been read. */
  readonly landmarks?: Landmarks;
  /** Reads the data of one server-sent event. */
  readEvent(data: string, answer: Answer): void;
}

/** Bounds the texts of a request's parameters; returns the same object if nothing has to be cut. */
export function boundedParameters(parameters: RequestParameters): RequestParameters {
  const { model, serviceTier, stopSequences } = parameters;
  const boundedModel = model === null ? null : boundedName(model);
  const boundedTier = serviceTier === undefined ? undefined : boundedName(serviceTier);
  if (model === boundedModel && serviceTier === boundedTier && !stopSequences) return parameters;
  return {
    ...parameters,
    model: boundedModel,
    serviceTier: boundedTier,
    stopSequences: stopSequences && boundedNames(stopSequences),
  };
}

/** What a request asks for; absent: it did not say. */
export interface RequestParameters {
  readonly model: string | null;
  readonly stream: boolean;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly choiceCount?: number;
  readonly stopSequences?: readonly string[];
  readonly serviceTier?: string;
  /** Of embeddings: how long each vector is to be. */
  readonly dimensions?: number;
}
