import type Anthropic from 'anthropic-1';
import { TOOL, TOOL_SCHEMA } from '../prompts-and-tools.js';
import { leave, PROMPT, readAll, type Client, type ClientSide } from './client.js';

/** Uses of a client of Anthropic's Messages, the same at each host. */
export function messages(connect: (side: ClientSide) => unknown, model: string): Client['ways'] {
  const api = (side: ClientSide): Anthropic['messages'] =>
    (connect(side) as Pick<Anthropic, 'messages'>).messages;
  const request = { model, max_tokens: 200, messages: [{ role: 'user' as const, content: PROMPT }] };
  const stream = (side: ClientSide) => api(side).create({ ...request, stream: true });
  return {
    response: (side) => api(side).create(request),
    stream: (side) => readAll(stream(side)),
    leave: (side) => leave(stream(side), ({ type }) => type === 'content_block_delta'),
    tool: (side) =>
      api(side).create({ ...request, tools: [{ name: TOOL, input_schema: TOOL_SCHEMA as never }] }),
  };
}
