import {
  jsonResponse,
  STREAM_CHUNKS,
  streamResponse,
  TOKENS,
  words,
  type CannedResponse,
} from './canned-response.js';

/** Responses in the format of OpenAI Responses, and of its embeddings. */

const RESPONSE = {
  id: 'resp_68a1c2d3e4f5061728394a5b6c7d8e9f',
  object: 'response',
  created_at: 1_763_950_000,
  error: null,
  incomplete_details: null,
  instructions: null,
  max_output_tokens: 300,
  model: 'gpt-4o-mini-2024-07-18',
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  service_tier: 'default',
  store: true,
  temperature: 0.2,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  metadata: {},
};

const USAGE = {
  input_tokens: TOKENS.input,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: TOKENS.output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: TOKENS.input + TOKENS.output,
};

const ITEM = { id: 'msg_68a1c2d3e4f5061728394a5b', type: 'message', role: 'assistant' };
const AT = { item_id: ITEM.id, output_index: 0, content_index: 0 };

export function responsesCall(): CannedResponse {
  return jsonResponse(completed(words(40).join('')));
}

export function responsesStream(): CannedResponse {
  const deltas = words(STREAM_CHUNKS - 8);
  const text = deltas.join('');
  const begun = { ...RESPONSE, status: 'in_progress', output: [], usage: null };
  return streamResponse(
    [
      { type: 'response.created', response: begun },
      { type: 'response.in_progress', response: begun },
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { ...ITEM, status: 'in_progress', content: [] },
      },
      { type: 'response.content_part.added', ...AT, part: part('') },
      ...deltas.map((delta) => ({
        type: 'response.output_text.delta',
        ...AT,
        delta,
        logprobs: [],
        obfuscation: 'q7Rk2vXw',
      })),
      { type: 'response.output_text.done', ...AT, text, logprobs: [] },
      { type: 'response.content_part.done', ...AT, part: part(text) },
      { type: 'response.output_item.done', output_index: 0, item: message(text) },
      { type: 'response.completed', response: completed(text) },
    ].map(
      (data, index) =>
        `event: ${data.type}\ndata: ${JSON.stringify({ ...data, sequence_number: index })}\n\n`,
    ),
  );
}

/** Number of dimensions of text-embedding-3-small. */
const DIMENSIONS = 1536;

export function embeddingsCall(): CannedResponse {
  const embedding = Array.from({ length: DIMENSIONS }, (_, index) => Math.sin(index) / 40);
  return jsonResponse({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding }],
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: TOKENS.input, total_tokens: TOKENS.input },
  });
}

function completed(text: string): object {
  return { ...RESPONSE, status: 'completed', output: [message(text)], usage: USAGE };
}

function message(text: string): object {
  return { ...ITEM, status: 'completed', content: [part(text)] };
}

function part(text: string): object {
  return { type: 'output_text', annotations: [], logprobs: [], text };
}
