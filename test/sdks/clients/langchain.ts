import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { tool } from '@langchain/core/tools';
import { TOOL, TOOL_DESCRIPTION, ToolInput, useTool } from '../prompts-and-tools.js';
import { leave, PROMPT, readAll, type Client, type ClientSide } from './client.js';

/** Uses of a chat model of LangChain, and of its embeddings. */
export function langchain(
  connect: (side: ClientSide) => BaseChatModel | Promise<BaseChatModel>,
  embeddings?: (side: ClientSide) => EmbeddingsInterface,
): Client['ways'] {
  const weather = tool(useTool, { name: TOOL, description: TOOL_DESCRIPTION, schema: ToolInput });
  return {
    response: async (side) => (await (await connect(side)).invoke(PROMPT)).content,
    stream: async (side) =>
      (await readAll((await connect(side)).stream(PROMPT))).map(({ content }) => content),
    leave: async (side) => leave((await connect(side)).stream(PROMPT), ({ text }) => text),
    tool: async (side) => {
      const { tool_calls } = await (await connect(side)).bindTools!([weather]).invoke(PROMPT);
      return tool_calls?.map(({ name, args }) => ({ name, args }));
    },
    ...(embeddings && {
      embeddings: (side: ClientSide) => embeddings(side).embedDocuments(['a cup', 'a bean']),
    }),
  };
}
