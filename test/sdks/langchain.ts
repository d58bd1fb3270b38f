import { ChatAnthropic } from '@langchain/anthropic';
import { ToolMessage, type AIMessage, type AIMessageChunk } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import {
  all,
  ANTHROPIC_MODEL,
  HELLO,
  OPENAI_MODEL,
  PROMPTS,
  QUESTION,
  TOOL,
  TOOL_DESCRIPTION,
  ToolInput,
  useTool,
  Weather,
} from './prompts-and-tools.js';
import { ANSWERED, ended, fails, LEFT, READS_BY_ITSELF, STREAMED } from './expected.js';
import { abortAt, abortOnceReceived, breakAt, cancelAt } from './leaving.js';
import type { Column } from './scenarios.js';
import type { NotApplicable, Side, Use } from './sdk.js';

type Connect = (side: Side) => ChatOpenAI;

const openai = (
  { emulator, fetch, maxRetries, timeoutMs }: Side,
  options: { streamUsage?: boolean; useResponsesApi?: boolean } = {},
): ChatOpenAI =>
  new ChatOpenAI({
    model: OPENAI_MODEL,
    apiKey: 'sk-canary-openai-key',
    maxRetries,
    timeout: timeoutMs,
    configuration: { baseURL: emulator.openaiBaseUrl, fetch },
    ...options,
  });

/** Both classes have the same types in the API that the cells use, except for options that no cell sets. */
const anthropic = ({ emulator, fetch, maxRetries, timeoutMs }: Side): ChatOpenAI =>
  new ChatAnthropic({
    model: ANTHROPIC_MODEL,
    apiKey: 'sk-ant-canary-key',
    anthropicApiUrl: emulator.anthropicBaseUrl,
    maxTokens: 100,
    maxRetries,
    clientOptions: { fetch, ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) },
  }) as unknown as ChatOpenAI;

const ABORTED = {
  because: 'it throws immediately',
  expected: fails('aborted', { ...LEFT, failure: 'aborted' }),
};
const EXCEPTIONS: Column['exceptions'] = {
  'an aborted stream': ABORTED,
  'an unread stream': READS_BY_ITSELF,
};
/** The OpenAI SDK also aborts the request if the application leaves a stream: both look the same on the wire. */
const OPENAI_EXCEPTIONS: Column['exceptions'] = {
  ...EXCEPTIONS,
  'an aborted stream': { ...ABORTED, expected: fails('aborted', LEFT) },
};

export const LANGCHAIN: readonly Column[] = [
  {
    name: 'LangChain, OpenAI',
    api: 'chat',
    ways: {
      ...waysOf(openai),
      'a stream without usage': async (side) =>
        accountsOf(await all(await openai(side, { streamUsage: false }).stream(HELLO))),
    },
    exceptions: {
      ...OPENAI_EXCEPTIONS,
      'truncated structured output': {
        because: 'its SDK throws a LengthFinishReasonError',
        expected: { failure: 'truncated' },
      },
    },
  },
  {
    name: 'LangChain, OpenAI Responses',
    api: 'responses',
    ways: waysOf((side) => openai(side, { useResponsesApi: true })),
    exceptions: {
      ...OPENAI_EXCEPTIONS,
      'a structured stream': {
        because: 'its parser does not support content parts',
        expected: { ...fails('parse', STREAMED), result: undefined },
      },
      'a response with the status failed': { because: 'it throws', expected: { throws: true } },
    },
  },
  {
    name: 'LangChain, Anthropic',
    api: 'messages',
    ways: waysOf(anthropic),
    exceptions: {
      ...EXCEPTIONS,
      'structured output': {
        because: 'it requests the output as a tool call',
        expected: { attempts: [ended(ANSWERED, 'tool_calls')] },
      },
      'structured output with invalid JSON': {
        because: 'it throws a plain Error',
        expected: { failure: 'unknown' },
      },
    },
  },
];

function waysOf(connect: Connect): Column['ways'] {
  const invoke: Use = async (side) => accountOf(await connect(side).invoke(HELLO));
  const stream: Use = async (side) => accountsOf(await all(await connect(side).stream(HELLO)));
  const structured: Use = async (side) => connect(side).withStructuredOutput(Weather).invoke(QUESTION);
  const weather = tool(useTool, { name: TOOL, description: TOOL_DESCRIPTION, schema: ToolInput });
  const withTool = (side: Side) => connect(side).bindTools([weather], { tool_choice: TOOL });

  const noPromise: NotApplicable = { notApplicable: 'it returns native promises' };
  const noResponse: NotApplicable = { notApplicable: 'it does not expose the Response' };

  return {
    'a plain response': invoke,
    'a plain response, awaited twice': noPromise,
    'a response by withResponse()': noResponse,
    'a response by asResponse()': noResponse,
    'a response of a client with other options': async (side) =>
      accountOf(
        await connect(side)
          .withConfig({ tags: ['other'] })
          .invoke(HELLO),
      ),
    'five concurrent responses': async (side) => (await connect(side).batch(PROMPTS)).map(({ text }) => text),
    'structured output': structured,
    'a tool call': async (side) => (await withTool(side).invoke(HELLO)).tool_calls![0]!.args,
    'tools run by the SDK': async (side) => {
      const model = withTool(side);
      const first = await model.invoke(HELLO);
      const [call] = first.tool_calls!;
      const result = (await weather.invoke({ ...call!, type: 'tool_call' })) as ToolMessage;
      return (await model.invoke([{ role: 'user', content: HELLO }, first, result])).text;
    },

    'a stream': stream,
    'a stream without usage': { notApplicable: 'streams of this API always have usage' },
    'a stream by withResponse()': noResponse,
    'a streaming helper': async (side) => {
      const events = await all(connect(side).streamEvents(HELLO, { version: 'v2' }));
      return events.map(({ event, data }) => [event, (data.chunk as AIMessageChunk | undefined)?.text]);
    },
    'a structured stream': async (side) => {
      const model = connect(side).withStructuredOutput(Weather, { method: 'jsonSchema' });
      return (await all(await model.stream(QUESTION))).at(-1);
    },
    'a streamed tool call': async (side) => {
      const chunks = await all(await withTool(side).stream(HELLO));
      return chunks.reduce((message, chunk) => message.concat(chunk)).tool_calls![0]!.args;
    },
    'tools run by the SDK, streamed': { notApplicable: 'the application runs the tools, as above' },
    'both branches of a stream': async (side) => {
      const [one, other] = (await connect(side).stream(HELLO)).tee();
      return (await Promise.all([all(one), all(other)])).map(accountsOf);
    },
    'a stream as a web stream': async (side) => {
      const lines: string[] = [];
      await (
        await connect(side).stream(HELLO)
      ).pipeTo(new WritableStream<AIMessageChunk>({ write: ({ text }) => void lines.push(text) }));
      return lines;
    },

    'an aborted response': abortOnceReceived((side, signal) => connect(side).invoke(HELLO, { signal })),
    'an aborted stream': async (side) => {
      const controller = new AbortController();
      const stream = await connect(side).stream(HELLO, { signal: controller.signal });
      return accountOf(await abortAt(stream, hasText, () => controller.abort()));
    },
    'an aborted streaming helper': async (side) => {
      const controller = new AbortController();
      const events = connect(side).streamEvents(HELLO, { version: 'v2', signal: controller.signal });
      await abortAt(
        events,
        ({ data }) => data.chunk && hasText(data.chunk as AIMessageChunk),
        () => controller.abort(),
      );
    },
    'a stream left by break': async (side) =>
      accountOf(await breakAt(await connect(side).stream(HELLO), hasText)),
    'a cancelled stream': async (side) =>
      accountOf(await cancelAt(await connect(side).stream(HELLO), hasText)),
    'an unread response': noResponse,
    'an unread stream': async (side) => {
      await connect(side).stream(HELLO);
    },
  };
}

const hasText = ({ text }: AIMessageChunk): boolean => text !== '';

/** Omits values that differ in each run, such as run IDs. */
function accountOf(message: AIMessage | AIMessageChunk): object {
  const { text, content, tool_calls, usage_metadata, response_metadata } = message;
  return { text, content, tool_calls, usage_metadata, response_metadata };
}

const accountsOf = (chunks: readonly AIMessageChunk[]): object[] => chunks.map(accountOf);
