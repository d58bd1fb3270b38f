import Anthropic0 from 'anthropic-0';
import { betaTool as betaTool0 } from 'anthropic-0/helpers/beta/json-schema';
import { zodOutputFormat as zodOutputFormat0 } from 'anthropic-0/helpers/zod';
import Anthropic from 'anthropic-1';
import { betaTool } from 'anthropic-1/helpers/beta/json-schema';
import { zodOutputFormat } from 'anthropic-1/helpers/zod';
import type { BetaMessage } from 'anthropic-1/resources/beta';
import type {
  Message,
  MessageCreateParamsNonStreaming,
  RawMessageStreamEvent,
} from 'anthropic-1/resources/messages';
import {
  about,
  all,
  ANTHROPIC_MODEL,
  HELLO,
  parsed,
  PROMPTS,
  QUESTION,
  textOf,
  TOOL,
  TOOL_DESCRIPTION,
  TOOL_SCHEMA,
  useTool,
  Weather,
} from './prompts-and-tools.js';
import { abortAt, abortOnceReceived, breakAt, cancelAt } from './leaving.js';
import type { Column } from './scenarios.js';
import type { Side, Use } from './sdk.js';

/** Major version of the SDK. The API that the cells use is the same in all; only the names of types differ. */
interface Major {
  readonly Anthropic: typeof Anthropic;
  readonly outputFormat: ReturnType<typeof zodOutputFormat<typeof Weather>>;
  readonly betaTool: typeof betaTool;
}

const MAJORS: Readonly<Record<string, Major>> = {
  'anthropic 0': {
    Anthropic: Anthropic0 as unknown as typeof Anthropic,
    outputFormat: zodOutputFormat0(Weather),
    betaTool: betaTool0 as never,
  },
  'anthropic 1': { Anthropic, outputFormat: zodOutputFormat(Weather), betaTool },
};

export const ANTHROPIC: readonly Column[] = Object.entries(MAJORS).map(([name, major]) => ({
  name,
  api: 'messages',
  ways: messagesWays(major),
}));

function message(content = HELLO): MessageCreateParamsNonStreaming {
  return { model: ANTHROPIC_MODEL, max_tokens: 100, messages: [{ role: 'user', content }] };
}

const streamed = (content?: string) => ({ ...message(content), stream: true as const });

const withTool = {
  tools: [{ name: TOOL, description: TOOL_DESCRIPTION, input_schema: TOOL_SCHEMA as never }],
  tool_choice: { type: 'any' as const },
};

const calledWith = ({ content }: Pick<Message, 'content'>): unknown =>
  content.find((block) => block.type === 'tool_use')!.input;

const hasText = ({ type }: RawMessageStreamEvent): boolean => type === 'content_block_delta';

const text = ({ content }: Pick<Message, 'content'> | Pick<BetaMessage, 'content'>): string => {
  const [block] = content;
  return block?.type === 'text' ? block.text : '';
};

function messagesWays({ Anthropic, outputFormat, betaTool }: Major): Column['ways'] {
  const connect = ({ emulator, fetch, maxRetries, timeoutMs }: Side): Anthropic =>
    new Anthropic({
      apiKey: 'sk-ant-canary-key',
      baseURL: emulator.anthropicBaseUrl,
      maxRetries,
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      ...(fetch ? { fetch } : {}),
    });
  const messages = (side: Side): Anthropic['messages'] => connect(side).messages;
  const create: Use = (side) => messages(side).create(message());
  const stream: Use = async (side) => all(await messages(side).create(streamed()));
  const structured = { ...message(QUESTION), output_config: { format: outputFormat } };
  const parse: Use = async (side) => (await messages(side).parse(structured)).parsed_output;
  const runnableTool = betaTool({
    name: TOOL,
    description: TOOL_DESCRIPTION,
    inputSchema: TOOL_SCHEMA,
    run: useTool,
  });
  const toRun = { ...message(), tools: [runnableTool], tool_choice: { type: 'any' as const } };

  return {
    'a plain response': create,
    'a plain response, awaited twice': async (side) => {
      const promise = messages(side).create(message());
      return [await promise, await promise];
    },
    'a response by withResponse()': async (side) => {
      const { data, response, request_id: id } = await messages(side).create(message()).withResponse();
      return [data, id, about(response)];
    },
    'a response by asResponse()': async (side) => {
      const response = await messages(side).create(message()).asResponse();
      return [about(response), await response.json(), about(response)];
    },
    'a response of a client with other options': (side) =>
      connect(side).withOptions({ maxRetries: 3 }).messages.create(message()),
    'five concurrent responses': async (side) => {
      const answers = await Promise.all(PROMPTS.map((prompt) => messages(side).create(message(prompt))));
      return answers.map(text);
    },
    'structured output': parse,
    'a tool call': async (side) => calledWith(await messages(side).create({ ...message(), ...withTool })),
    'tools run by the SDK': async (side) => text(await connect(side).beta.messages.toolRunner(toRun)),

    'a stream': stream,
    'a stream without usage': { notApplicable: 'streams of Messages always have usage' },
    'a stream by withResponse()': async (side) => {
      const { data, response } = await messages(side).create(streamed()).withResponse();
      return [about(response), await all(data), about(response)];
    },
    'a streaming helper': async (side) => {
      const stream = messages(side).stream(message());
      const events: string[] = [];
      stream
        .on('text', (delta, snapshot) => events.push(delta, snapshot))
        .on('end', () => events.push('end'));
      return [await stream.finalMessage(), await stream.finalText(), events];
    },
    'a structured stream': async (side) => {
      const stream = messages(side).stream(structured);
      return (await stream.finalMessage()).parsed_output;
    },
    'a streamed tool call': async (side) =>
      calledWith(
        await messages(side)
          .stream({ ...message(), ...withTool })
          .finalMessage(),
      ),
    'tools run by the SDK, streamed': async (side) => {
      const runner = connect(side).beta.messages.toolRunner({ ...toRun, stream: true });
      const texts: string[] = [];
      for await (const stream of runner) texts.push(text(await stream.finalMessage()));
      return texts.at(-1);
    },
    'both branches of a stream': async (side) =>
      Promise.all((await messages(side).create(streamed())).tee().map(all)),
    'a stream as a web stream': async (side) =>
      textOf((await messages(side).create(streamed())).toReadableStream()),

    'an aborted response': abortOnceReceived((side, signal) => messages(side).create(message(), { signal })),
    'an aborted stream': async (side) => {
      const stream = await messages(side).create(streamed());
      return abortAt(stream, hasText, () => stream.controller.abort());
    },
    'an aborted streaming helper': async (side) => {
      const stream = messages(side).stream(message());
      stream.once('text', () => stream.abort());
      return stream.done();
    },
    'a stream left by break': async (side) => breakAt(await messages(side).create(streamed()), hasText),
    'a cancelled stream': async (side) =>
      cancelAt((await messages(side).create(streamed())).toReadableStream(), (line) =>
        hasText(parsed(line) as RawMessageStreamEvent),
      ),
    'an unread response': async (side) => {
      await messages(side).create(message()).asResponse();
    },
    'an unread stream': async (side) => {
      await messages(side).create(streamed());
    },
  };
}
