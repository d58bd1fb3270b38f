import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import {
  createTextStreamResponse,
  generateObject,
  generateText,
  isStepCount,
  Output,
  streamObject,
  streamText,
  tool,
  wrapLanguageModel,
  type LanguageModelMiddleware,
} from 'ai';
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
import { LEFT, READS_BY_ITSELF, well } from './expected.js';
import { abortAt, abortOnceReceived, breakAt, cancelAt } from './leaving.js';
import type { Column } from './scenarios.js';
import type { NotApplicable, Side, Use } from './sdk.js';

/** Disables console warnings of the SDK. */
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

type Connect = (side: Side) => Parameters<typeof wrapLanguageModel>[0]['model'];
type StreamToWrap = Parameters<NonNullable<LanguageModelMiddleware['wrapStream']>>[0];

const openai = ({ emulator, fetch }: Side) =>
  createOpenAI({ apiKey: 'sk-canary-openai-key', baseURL: emulator.openaiBaseUrl, fetch });

const CONTINUES_REQUEST = {
  because: 'it continues the request until `abortSignal` is aborted',
  flush: true,
  staysOpen: true,
} as const;
const EXCEPTIONS: Column['exceptions'] = {
  'a stream left by break': CONTINUES_REQUEST,
  'a cancelled stream': CONTINUES_REQUEST,
  'an unread stream': READS_BY_ITSELF,
  'a stream with an error event': {
    because: 'it calls `onError` and ends the text',
    expected: { failure: null, throws: false },
  },
};

export const VERCEL_AI: readonly Column[] = [
  {
    name: 'AI SDK, OpenAI',
    api: 'chat',
    ways: waysOf((side) => openai(side).chat(OPENAI_MODEL)),
    exceptions: {
      ...EXCEPTIONS,
      'an unread stream': {
        ...READS_BY_ITSELF,
        because: 'it reads ahead to the first text',
        faults: [{ kind: 'stall', afterTokens: 12 }],
        expected: well(LEFT),
      },
    },
  },
  {
    name: 'AI SDK, OpenAI Responses',
    api: 'responses',
    // The default API of the provider.
    ways: waysOf((side) => openai(side)(OPENAI_MODEL)),
    exceptions: {
      ...EXCEPTIONS,
      'a response with the status failed': {
        because: 'it throws because it cannot parse the response',
        expected: { failure: 'server_error', throws: true },
      },
      'a stream with the status failed': {
        because: 'it throws because there is no output',
        expected: { throws: true },
      },
    },
  },
  {
    name: 'AI SDK, Anthropic',
    api: 'messages',
    ways: waysOf(({ emulator, fetch }) =>
      createAnthropic({ apiKey: 'sk-ant-canary-key', baseURL: `${emulator.anthropicBaseUrl}/v1`, fetch })(
        ANTHROPIC_MODEL,
      ),
    ),
    exceptions: EXCEPTIONS,
  },
];

function waysOf(connect: Connect): Column['ways'] {
  const asking = (side: Side, prompt = HELLO) => ({
    model: connect(side),
    prompt,
    maxRetries: side.maxRetries,
    ...(side.timeoutMs === undefined ? {} : { timeout: side.timeoutMs }),
  });
  // Without a listener, the SDK writes errors to the console.
  const streaming = (side: Side, prompt?: string) => ({ ...asking(side, prompt), onError: () => {} });

  const generate: Use = async (side) => accountOf(await generateText(asking(side)));
  const stream: Use = async (side) => {
    const result = streamText(streaming(side));
    return [await all(result.textStream), await accountOfStream(result)];
  };
  const object: Use = async (side) =>
    (await generateObject({ ...asking(side, QUESTION), schema: Weather })).object;
  const withTool = {
    tools: { [TOOL]: tool({ description: TOOL_DESCRIPTION, inputSchema: ToolInput }) },
    toolChoice: 'required' as const,
  };
  const toRun = {
    tools: { [TOOL]: tool({ description: TOOL_DESCRIPTION, inputSchema: ToolInput, execute: useTool }) },
    toolChoice: 'required' as const,
    stopWhen: isStepCount(2),
    prepareStep: ({ stepNumber }: { stepNumber: number }) =>
      stepNumber === 0 ? {} : { toolChoice: 'auto' as const },
  };

  const noPromise: NotApplicable = { notApplicable: 'it returns native promises' };
  const noResponse: NotApplicable = { notApplicable: 'it does not expose the Response' };

  return {
    'a plain response': generate,
    'a plain response, awaited twice': noPromise,
    'a response by withResponse()': noResponse,
    'a response by asResponse()': noResponse,
    'a response of a client with other options': { notApplicable: 'it has no client options' },
    'five concurrent responses': async (side) => {
      const results = await Promise.all(PROMPTS.map((prompt) => generateText(asking(side, prompt))));
      return results.map(({ text }) => text);
    },
    'structured output': object,
    'a tool call': async (side) => {
      const { toolCalls } = await generateText({ ...asking(side), ...withTool });
      return toolCalls[0]!.input;
    },
    'tools run by the SDK': async (side) => (await generateText({ ...asking(side), ...toRun })).text,

    'a stream': stream,
    'a stream without usage': { notApplicable: 'it always requests usage' },
    'a stream by withResponse()': noResponse,
    'a streaming helper': async (side) => {
      const result = streamText({ ...streaming(side, QUESTION), output: Output.object({ schema: Weather }) });
      return [await all(result.partialOutputStream), await result.output];
    },
    'a structured stream': async (side) => {
      const result = streamObject({ ...streaming(side, QUESTION), schema: Weather });
      return (await all(result.partialObjectStream)).at(-1);
    },
    'a streamed tool call': async (side) => {
      const result = streamText({ ...streaming(side), ...withTool });
      return (await result.toolCalls)[0]!.input;
    },
    'tools run by the SDK, streamed': async (side) => streamText({ ...streaming(side), ...toRun }).text,
    'both branches of a stream': async (side) => {
      const result = streamText(streaming(side));
      const [texts, others] = await Promise.all([all(result.textStream), all(result.textStream)]);
      return [texts, others];
    },
    'a stream as a web stream': async (side) => {
      const { textStream } = streamText(streaming(side));
      return createTextStreamResponse({ stream: textStream }).text();
    },

    'an aborted response': abortOnceReceived((side, abortSignal) =>
      generateText({ ...asking(side), abortSignal }),
    ),
    'an aborted stream': async (side) => {
      const controller = new AbortController();
      const { textStream } = streamText({ ...streaming(side), abortSignal: controller.signal });
      return abortAt(textStream, Boolean, () => controller.abort());
    },
    'an aborted streaming helper': async (side) => {
      const controller = new AbortController();
      const result = streamObject({ ...streaming(side), schema: Weather, abortSignal: controller.signal });
      return abortAt(result.textStream, Boolean, () => controller.abort());
    },
    'a stream left by break': async (side) => breakAt(streamText(streaming(side)).textStream, Boolean),
    'a cancelled stream': async (side) => cancelAt(streamText(streaming(side)).textStream, Boolean),
    'an unread response': noResponse,
    'an unread stream': (side) =>
      new Promise<void>((begun) => {
        const wrapStream = async ({ doStream }: StreamToWrap) => {
          const result = await doStream();
          begun();
          return result;
        };
        const model = wrapLanguageModel({ model: connect(side), middleware: { wrapStream } });
        streamText({ ...streaming(side), model });
      }),
  };
}

/** Omits IDs and times of the SDK, which differ in each run. */
function accountOf({
  text,
  finishReason,
  usage,
  response,
  warnings,
}: Awaited<ReturnType<typeof generateText>>): object {
  return { text, finishReason, usage, response: [response.id, response.modelId], warnings };
}

async function accountOfStream(result: ReturnType<typeof streamText>): Promise<object> {
  const { id, modelId } = (await result.finalStep).response;
  return {
    text: await result.text,
    finishReason: await result.finishReason,
    usage: await result.usage,
    response: [id, modelId],
  };
}
