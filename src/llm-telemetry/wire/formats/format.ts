import type { ResponseDraft } from '../response-draft.js';
import { boundedName, boundedNames } from '../../text/bounded-name.js';
import type { HeaderGetter } from '../headers.js';
import type { ContentReader } from '../content/content.js';
import type { JsonObject } from '../json/json-value.js';
import type { Landmarks } from '../json/skim.js';

/**
 * A wire format: recognizes requests, and reads requests, responses and stream events. Add a custom format with
 * `registerWireFormat`.
 */
export interface WireFormat {
  /** `gen_ai.operation.name` of a request in this format. */
  readonly operation: string;
  /**
   * Provider that defines the API, as in `gen_ai.provider.name`. Requests in a custom format to unknown hosts are
   * recorded with it; those in a built-in format with the suffix `_compatible`.
   */
  readonly provider: string;
  /**
   * Returns whether a POST to this path (without query) may use this format. Called for every request: must be fast.
   */
  matches(path: string): boolean;
  /**
   * Returns whether a request uses this format.
   *
   * @param keys - the top-level keys of its body
   * @param url - without query
   */
  accepts(keys: Pick<ReadonlySet<string>, 'has'>, url: string): boolean;
  /** The top-level keys of the request body that `readRequest` reads. */
  readonly requestKeys: ReadonlySet<string>;
  /** Response headers with the remaining rate limits of the provider. */
  readonly rateLimitHeaders?: readonly string[];
  /**
   * Reads the parameters of a request.
   *
   * @param body - the members named by `requestKeys`
   * @param url - without query; some APIs name the model in it
   * @param headers - some APIs name the model in them
   */
  readRequest(body: JsonObject, url: string, headers: HeaderGetter): RequestParameters;
  /**
   * Returns the UTF-8 bytes of input text, to estimate tokens; `null` if the request does not contain it.
   *
   * @param body - the whole parsed request
   */
  inputBytes(body: JsonObject): number | null;
  /**
   * Approximate UTF-8 bytes of a JSON response without its text, to estimate tokens from the announced length of a
   * response that broke. Omit it if the length does not depend on the number of tokens.
   */
  readonly envelopeBytes?: number;
  /** Set if no event marks the end of a stream, which is complete if its body ends without an error. */
  readonly hasNoLastEvent?: true;
  /** Set if an empty body can be a complete response. */
  readonly mayBeBlank?: true;
  /** Set if responses are files, unless their content type is text, JSON or events. Their bytes are not kept. */
  readonly isBinary?: true;
  /**
   * Creates a reader of prompts and responses, used if content recording is enabled.
   *
   * @param limit - maximum number of characters of a text
   */
  content?(limit: number): ContentReader;
  /** Reads token counts and similar facts that the API sends as response headers. Called before the body is read. */
  readHeaders?(headers: HeaderGetter, response: ResponseDraft): void;
  /**
   * Reads billed quantities that only the request contains. Called when a successful exchange has ended.
   *
   * @param body - the whole parsed request
   */
  readRequestUsage?(body: JsonObject, response: ResponseDraft): void;
  /** Reads a JSON response. */
  readResponse(body: JsonObject, response: ResponseDraft): void;
  /** Reads a JSON response without parsing all of it, for speed. Returns `false` if the response must be parsed. */
  skimResponse?(json: string, response: ResponseDraft): boolean;
  /** If set, a stream is skimmed after its first delta: only events with a landmark are parsed. */
  readonly landmarks?: Landmarks;
  /**
   * Reads the data of one event: of a server-sent event, a line of newline-delimited JSON, an element of a JSON array or
   * a frame of an AWS event stream.
   *
   * @param type - type of an AWS event or exception, which only its frame names; `null` for other streams
   */
  readEvent(data: string, response: ResponseDraft, type: string | null): void;
}

/** A format of `built-in-formats.ts`. Its paths are data, so that one lookup rules out most other requests. */
export interface BuiltInFormat extends WireFormat {
  /** Endings of at least three characters. Every path that `matches` accepts has one of them, or ends with an id. */
  readonly pathEndings: readonly string[];
  /** Last segment before an id, for paths that end with one. It ends with `s`. */
  readonly beforeId?: string;
  /** Text that paths contain which end with an id of several segments. Every request of the process is searched for it. */
  readonly withinIds?: string;
  /** Set if users run the provider's own server: unknown hosts are recorded as the provider. */
  readonly selfHosted?: true;
}

/** Returns the members of a format that is used for all paths with one of these endings. */
export function atPaths(...endings: readonly string[]): Pick<BuiltInFormat, 'pathEndings' | 'matches'> {
  return {
    pathEndings: endings,
    matches(path) {
      for (const ending of endings) if (path.endsWith(ending)) return true;
      return false;
    },
  };
}

/** Bounds the strings of a request's parameters; returns the same object if nothing is cut. */
export function boundedParameters(parameters: RequestParameters): RequestParameters {
  let bounded: { -readonly [Name in keyof RequestParameters]: RequestParameters[Name] } | null = null;
  for (const name of BOUNDED_NAMES) {
    const value = parameters[name];
    if (typeof value !== 'string') continue;
    const short = boundedName(value);
    if (short !== value) (bounded ??= { ...parameters })[name] = short;
  }
  const { stopSequences } = parameters;
  if (stopSequences) (bounded ??= { ...parameters }).stopSequences = boundedNames(stopSequences);
  return bounded ?? parameters;
}

const BOUNDED_NAMES = [
  'model',
  'serviceTier',
  'reasoningEffort',
  'previousResponseId',
  'conversationId',
] as const;

/** Parameters of a request. Absent parameters were not set. */
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
  /** Requested effort or level of reasoning, as sent to the provider (`low`, `high`, …). */
  readonly reasoningEffort?: string;
  /** Requested type of the output: `text`, `json`, `image` or `speech`. */
  readonly outputType?: 'text' | 'json' | 'image' | 'speech';
  /** Id of the stored response that the request continues. */
  readonly previousResponseId?: string;
  /** Id of the provider's conversation that the request belongs to. */
  readonly conversationId?: string;
  /** Requested length of embedding vectors. */
  readonly dimensions?: number;
}
