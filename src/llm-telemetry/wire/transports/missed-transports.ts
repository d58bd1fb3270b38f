/** Ways of a request that makes no record, with the reason and the remedy. Code is in backticks. */
export const MISSED_TRANSPORTS = {
  undici: {
    label: 'fetch',
    reason: 'the client was created before nestjs-llm-telemetry was imported, or uses its own fetch',
    remedy:
      'Import "nestjs-llm-telemetry/register" first in main.ts (or start Node.js with `--import ' +
      'nestjs-llm-telemetry/register`), or pass `telemetry.wrapFetch(fetch)` to the client.',
  },
  http2: {
    label: 'HTTP/2',
    reason: 'they are sent over HTTP/2',
    remedy: 'For a client of the AWS SDK, call `telemetry.observeAwsClient(client)`.',
  },
  websocket: {
    label: 'WebSocket',
    reason: 'they are sent over a WebSocket',
    remedy: 'Call `telemetry.observeWebSocket(socket)`.',
  },
  unknown_api: {
    label: 'unknown API',
    reason: 'they are sent to an API of the provider that is not known',
    remedy:
      'Describe the API with `registerWireFormat`, or call `currentLlmCall()?.recordResponse(…)`. See “What is captured” ' +
      'in docs/capture.md.',
  },
} as const;

/** `fetch` of undici, an HTTP/2 stream, a WebSocket, or any transport to an unknown API of a known provider. */
export type MissedTransport = keyof typeof MISSED_TRANSPORTS;
