import type OpenAI from 'openai';
import { PROMPT, SYSTEM, type Work } from './work.js';

/** Work of OpenAI's SDK. Clients are parameters, because `peers/` brings versions of its own. */

type Messages = OpenAI.Chat.ChatCompletionMessageParam[];

const REQUEST = { model: 'gpt-4o-mini', max_tokens: 300, temperature: 0.2 };
const RESPONSES_REQUEST = {
  model: 'gpt-4o-mini',
  max_output_tokens: 300,
  temperature: 0.2,
  instructions: SYSTEM,
  input: PROMPT,
};

function shortPrompt(): Messages {
  return [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: PROMPT },
  ];
}

export function openaiCall(client: OpenAI, messages = shortPrompt()): Work {
  const create = openaiPromise(client, messages);
  return async () => {
    const { choices } = await create();
    return choices[0]!.message.content ?? '';
  };
}

/** Returns the SDK's `APIPromise`, which parses the response when it is awaited. */
export function openaiPromise({ chat }: OpenAI, messages = shortPrompt()) {
  return () => chat.completions.create({ ...REQUEST, messages });
}

export function openaiStream({ chat }: OpenAI): Work {
  return async () => {
    const chunks = await chat.completions.create({
      ...REQUEST,
      messages: [{ role: 'user', content: PROMPT }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  };
}

export function responsesCall({ responses }: OpenAI): Work {
  return async () => (await responses.create(RESPONSES_REQUEST)).output_text;
}

export function responsesStream({ responses }: OpenAI): Work {
  return async () => {
    const events = await responses.create({ ...RESPONSES_REQUEST, stream: true });
    let text = '';
    for await (const event of events) if (event.type === 'response.output_text.delta') text += event.delta;
    return text;
  };
}

/** The response has no vector that the SDK would decode: the scenario is about reading past a long text. */
export function embeddingsCall({ embeddings }: OpenAI): Work {
  return async () =>
    (await embeddings.create({ model: 'text-embedding-3-small', input: PROMPT, encoding_format: 'float' }))
      .data;
}

/** Creates a message with an image of about 10 MB in base64. */
export function imagePrompt(): Messages {
  const url = `data:image/png;base64,${Buffer.alloc(7_500_000, 'image').toString('base64')}`;
  return [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is on it?' },
        { type: 'image_url', image_url: { url } },
      ],
    },
  ];
}
