import { has, NOTHING_SAID, type ScriptedFormat } from '../script.js';
import { openaiRefusal } from './chat-completions.js';

const MODEL = 'text-embedding-3-small';

/** Source: OpenAI API reference, “Embeddings”. The API has no streams. */
export const embeddings: ScriptedFormat = {
  name: 'embeddings',
  path: '/v1/embeddings',
  request: { model: MODEL, input: 'A lamp.' },
  inputText: 'A lamp.',
  eventTypes: [],
  stream: () => [],
  json({ pieces, counts: [tokens], flags }) {
    const data = pieces.map((_, index) => ({ object: 'embedding', index, embedding: [0.25, -0.5] }));
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    return {
      // Some servers send the vectors last.
      body: has(flags, 0)
        ? { object: 'list', data, model: MODEL, usage }
        : { object: 'list', model: MODEL, usage, data },
      said: {
        ...NOTHING_SAID,
        model: MODEL,
        usage: { inputTokens: tokens, outputTokens: 0 },
        complete: true,
      },
    };
  },
  refusal: openaiRefusal,
};
