import type { ResponseDraft, UsageDraft } from '../response-draft.js';
import { asArray, asCount, asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import { member } from '../json/proto-json.js';
import type { HeaderGetter } from '../headers.js';
import type { BuiltInFormat, RequestParameters } from './format.js';

/** Parts of requests and responses that Google's formats share. */

/**
 * Returns the model in the path of a request: `gemini-2.5-flash`, or `tunedModels/…` and `endpoints/…` for tuned models;
 * `null` if the path names none.
 */
export function modelIn(url: string): string | null {
  const [, kind, id] = /\/(models|tunedModels|endpoints)\/([^/:]+):[A-Za-z]+$/.exec(url) ?? [];
  if (id === undefined) return null;
  const name = decoded(id);
  return kind === 'models' ? name : `${kind}/${name}`;
}

/** Removes the collection from the resource name of a model in a body. */
export function modelName(value: unknown): string | null {
  return asString(value)?.replace(/^(?:publishers\/google\/)?models\//, '') ?? null;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Returns true for the paths of Vertex AI, with a project or without one (express mode). */
export function isVertexPath(path: string): boolean {
  return path.includes('/publishers/') || path.includes('/projects/');
}

/** Returns a format of the Gemini API as Vertex AI serves it. */
export function onVertex(format: BuiltInFormat): BuiltInFormat {
  return {
    ...format,
    provider: 'gcp.vertex_ai',
    matches: (path) => format.matches(path) && isVertexPath(path),
  };
}

/** Reads the tier that was used, which a body can state more precisely. */
export function readTierHeader(headers: HeaderGetter, response: ResponseDraft): void {
  response.usage.serviceTier = headers.get('x-gemini-service-tier');
}

/** Reads the parameters that `generationConfig` and `generation_config` have in common. */
export function readGenerationConfig(config: JsonObject | null): Partial<RequestParameters> {
  const number = (name: string): number | undefined => asNumber(member(config, name)) ?? undefined;
  const stop = member(config, 'stopSequences');
  return {
    maxTokens: number('maxOutputTokens'),
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    seed: number('seed'),
    frequencyPenalty: number('frequencyPenalty'),
    presencePenalty: number('presencePenalty'),
    choiceCount: number('candidateCount'),
    stopSequences: Array.isArray(stop) ? stop.filter((item) => typeof item === 'string') : undefined,
  };
}

/** Returns the requested type of output. A modality other than text takes precedence over the type of the text. */
export function outputTypeOf(modalities: unknown, mimeType: unknown): RequestParameters['outputType'] {
  const names = new Set(asArray(modalities).map((name) => asString(name)?.toLowerCase()));
  if (names.has('audio')) return 'speech';
  if (names.has('image')) return 'image';
  const type = asString(mimeType);
  if (type === null) return names.has('text') ? 'text' : undefined;
  return type === 'application/json' ? 'json' : type.startsWith('text/') ? 'text' : undefined;
}

/** Tokens of audio and images in a breakdown by modality. */
export interface ModalityCounts {
  readonly audio: number;
  readonly image: number;
}

/** Reads a list of `{ modality, tokenCount }`, or of `{ modality, tokens }`; `null` if it is absent. */
export function modalityCounts(value: unknown): ModalityCounts | null {
  if (!Array.isArray(value)) return null;
  const counts = { audio: 0, image: 0 };
  for (const entry of value as readonly unknown[]) {
    const item = asObject(entry);
    const modality = asString(item?.['modality'])?.toLowerCase();
    if (modality !== 'audio' && modality !== 'image') continue;
    counts[modality] += asCount(item?.['tokenCount'] ?? item?.['tokens']) ?? 0;
  }
  return counts;
}

/** Counts as Google reports them; `null` if not reported. */
export interface GoogleCounts {
  /** Includes cached tokens. */
  prompt: number | null;
  /** Results of hosted tools that were sent to the model. */
  toolUse: number | null;
  cached: number | null;
  /** Excludes thoughts. */
  output: number | null;
  thoughts: number | null;
  total: number | null;
  promptBy: ModalityCounts | null;
  toolUseBy: ModalityCounts | null;
  cachedBy: ModalityCounts | null;
  outputBy: ModalityCounts | null;
}

export function noCounts(): GoogleCounts {
  return {
    prompt: null,
    toolUse: null,
    cached: null,
    output: null,
    thoughts: null,
    total: null,
    promptBy: null,
    toolUseBy: null,
    cachedBy: null,
    outputBy: null,
  };
}

/** Overwrites the counts that a later event reports. An event without a count does not reset it. */
export function mergeCounts(counts: GoogleCounts, later: GoogleCounts): void {
  for (const name of Object.keys(later) as ReadonlyArray<keyof GoogleCounts>)
    if (later[name] !== null) Object.assign(counts, { [name]: later[name] });
}

/**
 * Converts Google's counts. The input is prompt and tool results, the output is text and thoughts: documented as the
 * sum in `totalTokenCount`. If only other sums give the total, the part that is too much is contained in the other one.
 *
 * @param finished - false in the middle of a stream, when counts of 0 cannot be distinguished from counts not yet reported
 */
export function applyCounts(counts: GoogleCounts, finished: boolean, usage: UsageDraft): void {
  const { prompt, total, promptBy, toolUseBy, cachedBy, outputBy } = counts;
  const toolUse = counts.toolUse ?? 0;
  const thoughts = counts.thoughts ?? 0;
  const output = outputOf(counts, finished);
  usage.inputTokens = prompt === null ? null : prompt + toolUse;
  usage.outputTokens = output;
  // Flags counts that do not add up.
  usage.totalTokens = total;
  if (prompt !== null && output !== null && counts.output !== null && total !== null) {
    const excess = prompt + toolUse + output - total;
    if (excess !== 0 && excess === thoughts) usage.outputTokens = output - thoughts;
    else if (excess !== 0 && excess === toolUse) usage.inputTokens = prompt;
    else if (excess !== 0 && excess === thoughts + toolUse) {
      usage.outputTokens = output - thoughts;
      usage.inputTokens = prompt;
    }
  }
  usage.cachedAudioInputTokens = Math.min(cachedBy?.audio ?? 0, counts.cached ?? 0);
  usage.cachedInputTokens = (counts.cached ?? 0) - usage.cachedAudioInputTokens;
  usage.reasoningTokens = thoughts;
  usage.audioInputTokens = inputPart('audio', promptBy, toolUseBy, cachedBy);
  usage.imageInputTokens = inputPart('image', promptBy, toolUseBy, cachedBy);
  usage.audioOutputTokens = outputBy?.audio ?? 0;
  usage.imageOutputTokens = outputBy?.image ?? 0;
}

/** ProtoJSON omits counts of 0, so a missing count of a finished response is the rest of the total. */
function outputOf(
  { prompt, toolUse, output, thoughts, total }: GoogleCounts,
  finished: boolean,
): number | null {
  if (output !== null) return output + (thoughts ?? 0);
  if (prompt === null || !finished) return thoughts;
  if (total === null) return thoughts;
  return Math.max(thoughts ?? 0, total - prompt - (toolUse ?? 0));
}

function inputPart(
  modality: keyof ModalityCounts,
  prompt: ModalityCounts | null,
  toolUse: ModalityCounts | null,
  cached: ModalityCounts | null,
): number {
  return Math.max(0, (prompt?.[modality] ?? 0) + (toolUse?.[modality] ?? 0) - (cached?.[modality] ?? 0));
}
