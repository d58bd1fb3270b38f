import { embedMany, generateText, streamText, tool, type EmbeddingModel, type LanguageModel } from 'ai';
import { ToolInput, TOOL, TOOL_DESCRIPTION } from '../prompts-and-tools.js';
import { leave, PROMPT, readAll, type Client, type ClientSide } from './client.js';

/** Disables console warnings of the SDK. */
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

/** Models of a provider of the Vercel AI SDK. */
export interface Models {
  readonly model: LanguageModel;
  readonly embedding?: EmbeddingModel;
}

/** Uses of the Vercel AI SDK, the same for each of its providers. */
export function aiSdk(
  connect: (side: ClientSide) => Models,
  { hasEmbeddings = false }: { hasEmbeddings?: boolean } = {},
): Client['ways'] {
  const request = (side: ClientSide) => ({
    model: connect(side).model,
    prompt: PROMPT,
    maxRetries: side.maxRetries,
  });
  const stream = (side: ClientSide) => streamText({ ...request(side), onError: () => {} }).textStream;
  return {
    response: async (side) => {
      const { text, usage, finishReason } = await generateText(request(side));
      return { text, usage, finishReason };
    },
    stream: (side) => readAll(stream(side)),
    leave: (side) => leave(stream(side), (text) => text),
    tool: async (side) => {
      const tools = { [TOOL]: tool({ description: TOOL_DESCRIPTION, inputSchema: ToolInput }) };
      const { toolCalls, finishReason } = await generateText({ ...request(side), tools });
      return { toolCalls: toolCalls.map(({ toolName, input }) => ({ toolName, input })), finishReason };
    },
    ...(hasEmbeddings && {
      embeddings: (side: ClientSide) =>
        embedMany({ model: connect(side).embedding!, values: ['a cup', 'a bean'], maxRetries: 0 }).then(
          ({ embeddings, usage }) => ({ embeddings, usage }),
        ),
    }),
  };
}
