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

/** Built-in wire formats by the last letter of their paths. The first format that matches a path is used. */
const ENDING_IN_S = [chatCompletions, messages, responses, embeddings, completions, images, transcriptions];
const ENDING_IN_E_OR_M = [bedrockMessages];
const ENDING_IN_T = [vertexMessages];

/**
 * Registers a custom wire format for the whole process, to capture a provider with an unsupported API. Errors of the
 * format are caught and logged; the request is sent unchanged.
 *
 * @publicApi
 */
export function registerWireFormat(format: WireFormat): void {
  sharedWire.formats.push(format);
}

/** Returns the candidate format of a POST to this path (without query). Runs for every request of the process. */
export function formatOfPath(path: string): WireFormat | null {
  const known = formatsEndingAs(path);
  if (known !== null) for (const format of known) if (format.matches(path)) return format;
  for (const format of sharedWire.formats) if (format.matches(path)) return format;
  return null;
}

/** Rules out nearly all requests that are not model requests with one comparison. */
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
