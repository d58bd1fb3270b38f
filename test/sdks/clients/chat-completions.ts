import type OpenAI from 'openai-7';
import { TOOL, TOOL_DESCRIPTION, TOOL_SCHEMA } from '../prompts-and-tools.js';
import { leave, PROMPT, readAll, type Client, type ClientSide } from './client.js';

/** Request of Chat Completions. */
export const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: PROMPT }] };

/** Tool of Chat Completions. */
export const CHAT_TOOL = {
  type: 'function' as const,
  function: { name: TOOL, description: TOOL_DESCRIPTION, parameters: TOOL_SCHEMA as never },
};

/** Tool of Responses. */
export const RESPONSES_TOOL = { type: 'function', strict: false, ...CHAT_TOOL.function } as const;

/** Uses of a client with the API of `openai`. Streams request their usage. */
export function chatCompletions(connect: (side: ClientSide) => unknown): Client['ways'] {
  const client = (side: ClientSide): OpenAI => connect(side) as OpenAI;
  const stream = (side: ClientSide) =>
    client(side).chat.completions.create({ ...CHAT, stream: true, stream_options: { include_usage: true } });
  return {
    response: (side) => client(side).chat.completions.create(CHAT),
    stream: (side) => readAll(stream(side)),
    leave: (side) => leave(stream(side), ({ choices }) => choices[0]?.delta.content),
    tool: (side) => client(side).chat.completions.create({ ...CHAT, tools: [CHAT_TOOL] }),
    embeddings: (side) =>
      client(side).embeddings.create({
        model: 'text-embedding-3-small',
        input: ['a cup', 'a bean'],
        encoding_format: 'float',
      }),
  };
}
