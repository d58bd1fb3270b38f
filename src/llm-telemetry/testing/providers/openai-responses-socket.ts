import type { EmulatedApi } from '../model/emulated-api.js';
import type { EmulatedSocketApi } from '../model/emulated-socket.js';

/**
 * OpenAI Responses over WebSocket: the events of a stream, one in each message. Sources: guide “WebSocket mode”; types of
 * openai 7 (`ResponsesClientEvent`, `ResponsesServerEvent`).
 *
 * @param api - the API over HTTP, which shares its stored responses
 */
export function openaiResponsesSocket(api: EmulatedApi): EmulatedSocketApi {
  return {
    matches: (path) => path.endsWith('/responses'),
    open: () => ({
      api,
      greeting: [],
      receive({ type, stream_id, ...body }) {
        if (type !== 'response.create') return {};
        // The lane of responses that run at the same time.
        return { request: { ...body, stream: true }, envelope: stream_id === undefined ? {} : { stream_id } };
      },
      // Source: guide “WebSocket mode”, “Errors”.
      refusal: ({ status, body }) => ({ type: 'error', status, ...(body as object) }),
    }),
  };
}
