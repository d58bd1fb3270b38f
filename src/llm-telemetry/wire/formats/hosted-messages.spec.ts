import '../../../../test/support/loaded-wire.js';
import { vertexMessages } from './hosted-messages.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { NO_HEADERS } from '../headers.js';

const BODY = { anthropic_version: 'vertex-2023-10-16', max_tokens: 100, messages: [] };
const KEYS = new Set(Object.keys(BODY));

describe('Anthropic Messages on Vertex AI', () => {
  const models = '/v1/projects/p/locations/global/publishers/anthropic/models';

  // Paths as written by @anthropic-ai/vertex-sdk 1 (`client`).
  it.each<[string, string]>([
    [`${models}/claude-haiku-4-5@20251001:rawPredict`, 'claude-haiku-4-5@20251001'],
    [`${models}/claude-sonnet-4-6:streamRawPredict`, 'claude-sonnet-4-6'],
  ])('%s', (path, model) => {
    expect(formatOfPath(path)).toBe(vertexMessages);
    expect(vertexMessages.readRequest({ ...BODY, stream: true }, path, NO_HEADERS)).toMatchObject({
      model,
      stream: true,
    });
  });

  it('are distinguished from token counting and other models', () => {
    expect(formatOfPath(`${models}/count-tokens:rawPredict`)).toBeNull();
    expect(formatOfPath(`${models}/x:predict`)).toBeNull();
    expect(vertexMessages.accepts(KEYS, '')).toBe(true);
    // The API of Mistral uses the same path.
    expect(vertexMessages.accepts(new Set(['model', 'messages']), '')).toBe(false);
  });
});
