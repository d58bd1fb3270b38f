import { sharedWire } from '../shared-wire.js';
import { bedrockMessages } from './bedrock-messages.js';
import { chatCompletions } from './chat-completions.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import type { WireFormat } from './format.js';
import { images } from './images.js';
import { messages } from './messages.js';
import { responses } from './responses.js';
import { transcriptions } from './transcriptions.js';
import { vertexMessages } from './vertex-messages.js';

/**
 * The wire formats that are understood, by the last letter of their paths: nearly all other requests are through after
 * one look at it. The first that matches a path is asked.
 */
const formats: ReadonlyMap<string, readonly WireFormat[]> = new Map([
  ['s', [chatCompletions, messages, responses, embeddings, completions, images, transcriptions]],
  ['e', [bedrockMessages]],
  ['m', [bedrockMessages]],
  ['t', [vertexMessages]],
]);

/**
 * Makes requests in a format of your own seen, from now on and in the whole process: a provider with an API that is not
 * known here. What the format throws is caught and reported; the request is sent as ever.
 *
 * @publicApi
 */
export function registerWireFormat(format: WireFormat): void {
  sharedWire.formats.push(format);
}

/** The format that a POST to this path (no query) may be in. Every request of the process asks: keep it to one look. */
export function formatOfPath(path: string): WireFormat | null {
  for (const format of formats.get(path.charAt(path.length - 1)) ?? NONE)
    if (format.matches(path)) return format;
  for (const format of sharedWire.formats) if (format.matches(path)) return format;
  return null;
}

const NONE: readonly WireFormat[] = [];
