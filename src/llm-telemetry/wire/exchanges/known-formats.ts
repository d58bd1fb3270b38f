import { sharedWire } from './shared-wire.js';
import { bedrockMessages } from '../formats/bedrock-messages.js';
import { chatCompletions } from '../formats/chat-completions.js';
import { completions } from '../formats/completions.js';
import { embeddings } from '../formats/embeddings.js';
import type { WireFormat } from '../formats/format.js';
import { images } from '../formats/images.js';
import { messages } from '../formats/messages.js';
import { responses } from '../formats/responses.js';
import { transcriptions } from '../formats/transcriptions.js';
import { vertexMessages } from '../formats/vertex-messages.js';

/** The wire formats that are understood, by the last letter of their paths; the first that matches a path is asked. */
const ENDING_IN_S = [chatCompletions, messages, responses, embeddings, completions, images, transcriptions];
const ENDING_IN_E_OR_M = [bedrockMessages];
const ENDING_IN_T = [vertexMessages];

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
  const known = formatsEndingAs(path);
  if (known !== null) for (const format of known) if (format.matches(path)) return format;
  for (const format of sharedWire.formats) if (format.matches(path)) return format;
  return null;
}

/** Nearly all requests that are no model calls are through after this one comparison. */
function formatsEndingAs(path: string): readonly WireFormat[] | null {
  switch (path.charCodeAt(path.length - 1)) {
    case 0x73: // s
      return ENDING_IN_S;
    case 0x65: // e
    case 0x6d: // m
      return ENDING_IN_E_OR_M;
    case 0x74: // t
      return ENDING_IN_T;
    default:
      return null;
  }
}
