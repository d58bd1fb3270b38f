import { cannedResponseFor } from '../responses/index.js';
import type { CannedResponse } from '../responses/canned-response.js';
import type { Transport } from './transport.js';

/**
 * Creates a `fetch` that responds from memory, so that only the work of this process is measured. Like a real response,
 * it arrives in the next turn of the event loop, so that garbage is not retained.
 */
export function memoryTransport(): Transport {
  return {
    name: 'memory',
    origin: ORIGIN,
    fetch: (input) => {
      const canned = cannedResponseFor(urlOf(input).slice(ORIGIN.length));
      return new Promise((resolve) => setImmediate(() => resolve(respond(canned))));
    },
    stop: () => {},
  };
}

const ORIGIN = 'http://127.0.0.1:9';

function urlOf(input: string | URL | Request): string {
  return typeof input === 'string' ? input : 'url' in input ? input.url : input.href;
}

function respond({ contentType, chunks }: CannedResponse): Response {
  const headers = { 'content-type': contentType, 'x-request-id': 'req_0123456789abcdef' };
  return new Response(streamOf(chunks), { status: 200, headers });
}

/** Creates a body like undici's: a byte stream that transfers its buffers. */
function streamOf(chunks: readonly Uint8Array[]): ReadableStream {
  let next = 0;
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const chunk = chunks[next++];
      if (chunk) controller.enqueue(chunk.slice());
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
}
