import { Exchange, type ModelRequest } from '../wire/exchanges/exchange.js';
import { cohereChat } from '../wire/formats/cohere-chat.js';
import { failedOrNull, isRetryOf } from './attempt.js';

function exchange(status: number | null, body = '{"model":"command-a"}'): Exchange {
  const request: ModelRequest = {
    format: cohereChat,
    provider: 'cohere',
    host: 'api.cohere.com',
    port: null,
    url: 'https://api.cohere.com/v2/chat',
    parameters: { model: 'command-a', stream: false },
    retryCount: null,
    timeoutSeconds: null,
    body,
    signal: null,
    hasMappedHost: false,
    place: null,
  };
  const made = new Exchange(request);
  if (status !== null)
    made.head = {
      status,
      requestId: null,
      errorCode: null,
      retryAfterMs: null,
      costUsd: null,
      rateLimits: {},
    };
  return made;
}

describe('recognizing retries', () => {
  // The clients of Cohere, Mistral and OpenRouter do not read the body of a response that they retry.
  it('recognizes the retry of a failed request whose body is unread', () => {
    expect(isRetryOf(exchange(null), failedOrNull(exchange(429)))).toBe(true);
  });

  it('does not take a request for the retry of one that has no response yet, or a good one', () => {
    expect(isRetryOf(exchange(null), failedOrNull(exchange(null)))).toBe(false);
    expect(isRetryOf(exchange(null), failedOrNull(exchange(200)))).toBe(false);
    expect(isRetryOf(exchange(null, '{}'), failedOrNull(exchange(429)))).toBe(false);
  });
});
