import OpenAI5 from 'openai-5';
import {
  zodResponseFormat as zodResponseFormat5,
  zodTextFormat as zodTextFormat5,
} from 'openai-5/helpers/zod';
import OpenAI6 from 'openai-6';
import {
  zodResponseFormat as zodResponseFormat6,
  zodTextFormat as zodTextFormat6,
} from 'openai-6/helpers/zod';
import OpenAI from 'openai-7';
import { zodResponseFormat, zodTextFormat } from 'openai-7/helpers/zod';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai-7/resources/chat/completions';
import type { Response as ModelResponse, ResponseStreamEvent } from 'openai-7/resources/responses/responses';
import {
  about,
  all,
  HELLO,
  OPENAI_MODEL,
  parsed,
  PROMPTS,
  QUESTION,
  textOf,
  TOOL,
  TOOL_DESCRIPTION,
  TOOL_SCHEMA,
  useTool,
  Weather,
  Weather3,
} from './prompts-and-tools.js';
import { fails, LEFT, well } from './expected.js';
import { abortAt, abortOnceReceived, breakAt, cancelAt } from './leaving.js';
import type { Column } from './scenarios.js';
import type { NotApplicable, Side, Use } from './sdk.js';

/** Major version of the SDK. The API that the cells use is the same in all; only the names of types differ. */
interface Major {
  readonly OpenAI: typeof OpenAI;
  readonly chatFormat: ReturnType<typeof zodResponseFormat<typeof Weather>>;
  readonly textFormat: ReturnType<typeof zodTextFormat<typeof Weather>>;
  readonly exceptions?: Column['exceptions'];
  readonly responsesExceptions?: Column['exceptions'];
}

/** Only `openai 7` aborts the request if the application leaves a stream, so both cases look the same on the wire. */
const because = 'it also aborts the request if the application leaves the stream';
const ABORTS_LEFT_STREAMS: Column['exceptions'] = {
  'an aborted stream': { because, expected: well(LEFT) },
  'an aborted streaming helper': { because, expected: fails('aborted', LEFT) },
};
/** Exceptions of `openai 5` and `openai 6` with Responses. */
const EMITS_ERRORS_AS_EVENTS: Column['exceptions'] = {
  'a stream with an error event': {
    because: 'it emits the error as an ordinary event',
    expected: { failure: null, throws: false },
  },
};
/** Exceptions of `openai 6` and `openai 7` with Responses. */
const PARSES_ONLY_COMPLETE_OUTPUT: Column['exceptions'] = {
  'truncated structured output': {
    because: 'it parses only complete output',
    expected: { failure: null, throws: false },
  },
};

const MAJORS: Readonly<Record<string, Major>> = {
  'openai 5': {
    OpenAI: OpenAI5 as unknown as typeof OpenAI,
    chatFormat: zodResponseFormat5(Weather3, 'weather') as never,
    textFormat: zodTextFormat5(Weather3, 'weather') as never,
    responsesExceptions: EMITS_ERRORS_AS_EVENTS,
  },
  'openai 6': {
    OpenAI: OpenAI6 as unknown as typeof OpenAI,
    chatFormat: zodResponseFormat6(Weather, 'weather') as never,
    textFormat: zodTextFormat6(Weather, 'weather') as never,
    responsesExceptions: { ...EMITS_ERRORS_AS_EVENTS, ...PARSES_ONLY_COMPLETE_OUTPUT },
  },
  'openai 7': {
    OpenAI,
    chatFormat: zodResponseFormat(Weather, 'weather'),
    textFormat: zodTextFormat(Weather, 'weather'),
    exceptions: ABORTS_LEFT_STREAMS,
    responsesExceptions: { ...ABORTS_LEFT_STREAMS, ...PARSES_ONLY_COMPLETE_OUTPUT },
  },
};

export const OPENAI_CHAT: readonly Column[] = Object.entries(MAJORS).map(([name, major]) => ({
  name,
  api: 'chat',
  ways: chatWays(major),
  exceptions: {
    'truncated structured output': {
      because: 'it throws a LengthFinishReasonError',
      expected: { failure: 'truncated' },
    },
    ...major.exceptions,
  },
}));

export const OPENAI_RESPONSES: readonly Column[] = Object.entries(MAJORS).map(([name, major]) => ({
  name: `${name}, Responses`,
  api: 'responses',
  ways: responsesWays(major),
  exceptions: major.responsesExceptions,
}));

const chat = (content = HELLO): ChatCompletionCreateParamsNonStreaming => ({
  model: OPENAI_MODEL,
  messages: [{ role: 'user', content }],
});
const streamed = (content?: string) => ({
  ...chat(content),
  stream: true as const,
  stream_options: { include_usage: true },
});

const chatTool = {
  type: 'function' as const,
  function: { name: TOOL, description: TOOL_DESCRIPTION, parameters: TOOL_SCHEMA as never },
};
const runnableTool = {
  ...chatTool,
  function: { ...chatTool.function, parse: JSON.parse, function: useTool },
} as never;
const withTool = { tools: [chatTool], tool_choice: 'required' as const };
const withRunnableTool = { tools: [runnableTool], tool_choice: 'required' as const };

const calledWith = ({ choices }: ChatCompletion): unknown => {
  const call = choices[0]!.message.tool_calls![0]!;
  return JSON.parse((call as { function: { arguments: string } }).function.arguments);
};

function connecting({ OpenAI }: Major): (side: Side) => OpenAI {
  return ({ emulator, fetch, maxRetries, timeoutMs }) =>
    new OpenAI({
      apiKey: 'sk-canary-openai-key',
      baseURL: emulator.openaiBaseUrl,
      maxRetries,
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      ...(fetch ? { fetch } : {}),
    });
}

function chatWays(major: Major): Column['ways'] {
  const connect = connecting(major);
  const completions = (side: Side): OpenAI['chat']['completions'] => connect(side).chat.completions;
  const create: Use = (side) => completions(side).create(chat());
  const stream: Use = async (side) => all(await completions(side).create(streamed()));
  const parse: Use = async (side) => {
    const completion = await completions(side).parse({
      ...chat(QUESTION),
      response_format: major.chatFormat,
    });
    return completion.choices[0]!.message.parsed;
  };

  return {
    'a plain response': create,
    'a plain response, awaited twice': async (side) => {
      const promise = completions(side).create(chat());
      return [await promise, await promise];
    },
    'a response by withResponse()': async (side) => {
      const { data, response, request_id: id } = await completions(side).create(chat()).withResponse();
      return [data, id, about(response)];
    },
    'a response by asResponse()': async (side) => {
      const response = await completions(side).create(chat()).asResponse();
      return [about(response), await response.json(), about(response)];
    },
    'a response of a client with other options': (side) =>
      connect(side).withOptions({ maxRetries: 3 }).chat.completions.create(chat()),
    'five concurrent responses': (side) =>
      Promise.all(PROMPTS.map((prompt) => completions(side).create(chat(prompt)))).then(contents),
    'structured output': parse,
    'a tool call': async (side) => calledWith(await completions(side).create({ ...chat(), ...withTool })),
    'tools run by the SDK': (side) =>
      completions(side)
        .runTools({ ...chat(), ...withRunnableTool })
        .finalContent(),

    'a stream': stream,
    'a stream without usage': async (side) =>
      all(await completions(side).create({ ...chat(), stream: true })),
    'a stream by withResponse()': async (side) => {
      const { data, response } = await completions(side).create(streamed()).withResponse();
      return [about(response), await all(data), about(response)];
    },
    'a streaming helper': async (side) => {
      const stream = completions(side).stream(streamed());
      const events: string[] = [];
      stream
        .on('content', (delta, snapshot) => events.push(delta, snapshot))
        .on('end', () => events.push('end'));
      return [await stream.finalChatCompletion(), await stream.totalUsage(), events];
    },
    'a structured stream': async (side) => {
      const stream = completions(side).stream({ ...streamed(QUESTION), response_format: major.chatFormat });
      return (await stream.finalChatCompletion()).choices[0]!.message.parsed;
    },
    'a streamed tool call': async (side) =>
      calledWith(
        await completions(side)
          .stream({ ...streamed(), ...withTool })
          .finalChatCompletion(),
      ),
    'tools run by the SDK, streamed': (side) =>
      completions(side)
        .runTools({ ...streamed(), ...withRunnableTool })
        .finalContent(),
    'both branches of a stream': async (side) =>
      Promise.all((await completions(side).create(streamed())).tee().map(all)),
    'a stream as a web stream': async (side) =>
      textOf((await completions(side).create(streamed())).toReadableStream()),

    'an aborted response': abortOnceReceived((side, signal) => completions(side).create(chat(), { signal })),
    'an aborted stream': async (side) => {
      const stream = await completions(side).create(streamed());
      return abortAt(stream, hasText, () => stream.controller.abort());
    },
    'an aborted streaming helper': async (side) => {
      const stream = completions(side).stream(streamed());
      stream.once('content', () => stream.abort());
      return stream.done();
    },
    'a stream left by break': async (side) => breakAt(await completions(side).create(streamed()), hasText),
    'a cancelled stream': async (side) =>
      cancelAt((await completions(side).create(streamed())).toReadableStream(), (line) =>
        hasText(parsed(line) as ChatCompletionChunk),
      ),
    'an unread response': async (side) => {
      await completions(side).create(chat()).asResponse();
    },
    'an unread stream': async (side) => {
      await completions(side).create(streamed());
    },
  };
}

const hasText = ({ choices }: ChatCompletionChunk): boolean => Boolean(choices[0]?.delta.content);

const contents = (completions: readonly ChatCompletion[]): unknown[] =>
  completions.map(({ choices }) => choices[0]!.message.content);

const ask = (input = HELLO) => ({ model: OPENAI_MODEL, input });
const askStreamed = (input?: string) => ({ ...ask(input), stream: true as const });
const withFunction = {
  tools: [
    {
      type: 'function' as const,
      name: TOOL,
      description: TOOL_DESCRIPTION,
      parameters: TOOL_SCHEMA as never,
      strict: true,
    },
  ],
  tool_choice: 'required' as const,
};

const functionCalledWith = ({ output }: Pick<ModelResponse, 'output'>): unknown => {
  const call = output.find((item) => item.type === 'function_call');
  return JSON.parse(call!.arguments);
};

const isTextDelta = ({ type }: ResponseStreamEvent): boolean => type === 'response.output_text.delta';

/** Implementations for the Responses API, which the clients support in addition to Chat Completions. */
function responsesWays(major: Major): Column['ways'] {
  const connect = connecting(major);
  const responses = (side: Side): OpenAI['responses'] => connect(side).responses;
  const create: Use = (side) => responses(side).create(ask());
  const stream: Use = async (side) => all(await responses(side).create(askStreamed()));
  const parse: Use = async (side) =>
    (await responses(side).parse({ ...ask(QUESTION), text: { format: major.textFormat } })).output_parsed;
  const noRunner: NotApplicable = { notApplicable: 'the SDK has no runner for Responses' };

  return {
    'a plain response': create,
    'a plain response, awaited twice': async (side) => {
      const promise = responses(side).create(ask());
      return [await promise, await promise];
    },
    'a response by withResponse()': async (side) => {
      const { data, response, request_id: id } = await responses(side).create(ask()).withResponse();
      return [data, id, about(response)];
    },
    'a response by asResponse()': async (side) => {
      const response = await responses(side).create(ask()).asResponse();
      return [about(response), await response.json(), about(response)];
    },
    'a response of a client with other options': (side) =>
      connect(side).withOptions({ maxRetries: 3 }).responses.create(ask()),
    'five concurrent responses': async (side) => {
      const answers = await Promise.all(PROMPTS.map((prompt) => responses(side).create(ask(prompt))));
      return answers.map((answer) => answer.output_text);
    },
    'structured output': parse,
    'a tool call': async (side) =>
      functionCalledWith(await responses(side).create({ ...ask(), ...withFunction })),
    'tools run by the SDK': noRunner,

    'a stream': stream,
    'a stream without usage': { notApplicable: 'streams of Responses always have usage' },
    'a stream by withResponse()': async (side) => {
      const { data, response } = await responses(side).create(askStreamed()).withResponse();
      return [about(response), await all(data), about(response)];
    },
    'a streaming helper': async (side) => {
      const stream = responses(side).stream(ask());
      const events: string[] = [];
      stream
        .on('response.output_text.delta', ({ delta }) => events.push(delta))
        .on('end', () => events.push('end'));
      return [await stream.finalResponse(), events];
    },
    'a structured stream': async (side) => {
      const stream = responses(side).stream({ ...ask(QUESTION), text: { format: major.textFormat } });
      return (await stream.finalResponse()).output_parsed;
    },
    'a streamed tool call': async (side) =>
      functionCalledWith(
        await responses(side)
          .stream({ ...ask(), ...withFunction })
          .finalResponse(),
      ),
    'tools run by the SDK, streamed': noRunner,
    'both branches of a stream': async (side) =>
      Promise.all((await responses(side).create(askStreamed())).tee().map(all)),
    'a stream as a web stream': async (side) =>
      textOf((await responses(side).create(askStreamed())).toReadableStream()),

    'an aborted response': abortOnceReceived((side, signal) => responses(side).create(ask(), { signal })),
    'an aborted stream': async (side) => {
      const stream = await responses(side).create(askStreamed());
      return abortAt(stream, isTextDelta, () => stream.controller.abort());
    },
    'an aborted streaming helper': async (side) => {
      const stream = responses(side).stream(ask());
      stream.once('response.output_text.delta', () => stream.abort());
      return stream.done();
    },
    'a stream left by break': async (side) =>
      breakAt(await responses(side).create(askStreamed()), isTextDelta),
    'a cancelled stream': async (side) =>
      cancelAt((await responses(side).create(askStreamed())).toReadableStream(), (line) =>
        isTextDelta(parsed(line) as ResponseStreamEvent),
      ),
    'an unread response': async (side) => {
      await responses(side).create(ask()).asResponse();
    },
    'an unread stream': async (side) => {
      await responses(side).create(askStreamed());
    },
  };
}
