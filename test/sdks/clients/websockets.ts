import { Agent } from 'node:https';
import { connect } from 'node:net';
import OpenAI from 'openai-7';
import { OpenAIRealtimeWS } from 'openai-7/realtime/ws';
import { ResponsesWS } from 'openai-7/resources/responses/ws';
import { WebSocket as WsSocket } from 'ws';
import { RESPONSES_TOOL } from './chat-completions.js';
import { PROMPT, type Client, type ClientSide } from './client.js';

type Event = Readonly<Record<string, unknown>> & { readonly type: string };

/** A connection as the tests use it, whatever its library. */
interface Connection {
  /** Sends an event, at once or when the connection is open. */
  send(event: object): void;
  /** Calls the listeners for each event, or for an error. */
  listen(received: (event: Event) => void, failed: (error: unknown) => void): void;
  close(): void;
}

type Open = (side: ClientSide) => Connection;

/** How an API asks for a response. */
interface Api {
  /** Events that request a response. */
  request(tools: readonly object[]): readonly object[];
  readonly last: string;
}

const RESPONSES: Api = {
  request: (tools) => [{ type: 'response.create', model: 'gpt-4o-mini', input: PROMPT, tools }],
  last: 'response.completed',
};

const REALTIME: Api = {
  request: (tools) => [
    {
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: PROMPT }] },
    },
    { type: 'response.create', response: { output_modalities: ['text'], tools } },
  ],
  last: 'response.done',
};

/** Requests a response, and returns its events until `isLast`. */
async function ask(
  open: Open,
  side: ClientSide,
  { request, last }: Api,
  { tools = [], isLast }: { tools?: readonly object[]; isLast?: (event: Event) => boolean } = {},
): Promise<Event[]> {
  const connection = open(side);
  const events: Event[] = [];
  try {
    return await new Promise((resolve, reject) => {
      connection.listen((event) => {
        events.push(event);
        if (event.type === 'error') reject(new Error(JSON.stringify(event)));
        if (isLast?.(event) ?? event.type === last) resolve(events);
      }, reject);
      for (const event of request(tools)) connection.send(event);
    });
  } finally {
    connection.close();
  }
}

function ways(open: Open, api: Api): Client['ways'] {
  return {
    response: async (side) => (await ask(open, side, api)).at(-1),
    stream: (side) => ask(open, side, api),
    leave: (side) => ask(open, side, api, { isLast: ({ type }) => type.endsWith('.delta') }),
    tool: (side) => ask(open, side, api, { tools: [RESPONSES_TOOL] }),
  };
}

const socketUrl = ({ emulator }: ClientSide, api: Api): string =>
  `${emulator.openaiBaseUrl.replace('http', 'ws')}${api === RESPONSES ? '/responses' : '/realtime?model=gpt-realtime'}`;

/** Connects a socket of `ws` or of the platform. */
function connection(side: ClientSide, created: WsSocket | WebSocket): Connection {
  const socket = (side.llm?.observeWebSocket(created) ?? created) as WebSocket;
  return {
    send(event) {
      const text = JSON.stringify(event);
      if (socket.readyState === socket.OPEN) socket.send(text);
      else socket.addEventListener('open', () => socket.send(text));
    },
    listen(received, failed) {
      socket.addEventListener('message', ({ data }) => received(JSON.parse(String(data)) as Event));
      socket.addEventListener('error', failed);
    },
    close: () => socket.close(),
  };
}

const client = ({ emulator }: ClientSide): OpenAI =>
  new OpenAI({ apiKey: 'sk-canary', baseURL: emulator.openaiBaseUrl });

function responsesWs(side: ClientSide): Connection {
  const created = new ResponsesWS(client(side));
  const socket = side.llm?.observeWebSocket(created) ?? created;
  return {
    send: (event) => socket.send(event as never),
    listen(received, failed) {
      socket.on('event', (event) => received(event as never));
      socket.on('error', failed);
    },
    close: () => socket.close(),
  };
}

/** The client only connects with TLS, which the emulator does not have: its agent connects without. */
class PlainAgent extends Agent {
  constructor(private readonly port: number) {
    super();
  }

  override createConnection(): ReturnType<typeof connect> {
    return connect(this.port, '127.0.0.1');
  }
}

function realtimeWs(side: ClientSide): Connection {
  const agent = new PlainAgent(Number(new URL(side.emulator.url).port));
  const created = new OpenAIRealtimeWS({ model: 'gpt-realtime', options: { agent } }, client(side));
  const socket = side.llm?.observeWebSocket(created) ?? created;
  return {
    send(event) {
      if (socket.socket.readyState === WsSocket.OPEN) socket.send(event as never);
      else socket.socket.on('open', () => socket.send(event as never));
    },
    listen(received, failed) {
      socket.on('event', (event) => received(event as never));
      socket.on('error', failed);
    },
    close: () => socket.close(),
  };
}

const ofWs =
  (api: Api): Open =>
  (side) =>
    connection(side, new WsSocket(socketUrl(side, api)));
const ofPlatform =
  (api: Api): Open =>
  (side) =>
    connection(side, new WebSocket(socketUrl(side, api)));

/** Clients of the APIs over WebSocket. None of them repeats a request. */
export const WEBSOCKETS: readonly Client[] = [
  {
    name: 'openai {version}, `ResponsesWS` with `observeWebSocket`',
    package: 'openai-7',
    repeats: null,
    ways: ways(responsesWs, RESPONSES),
  },
  {
    name: 'openai {version}, `OpenAIRealtimeWS` with `observeWebSocket`',
    package: 'openai-7',
    repeats: null,
    ways: ways(realtimeWs, REALTIME),
  },
  {
    name: 'ws {version} with `observeWebSocket`, Responses',
    package: 'ws',
    repeats: null,
    ways: ways(ofWs(RESPONSES), RESPONSES),
  },
  {
    name: 'ws {version} with `observeWebSocket`, Realtime',
    package: 'ws',
    repeats: null,
    ways: ways(ofWs(REALTIME), REALTIME),
  },
  {
    name: '`WebSocket` of Node.js with `observeWebSocket`, Responses',
    package: 'ws',
    repeats: null,
    ways: ways(ofPlatform(RESPONSES), RESPONSES),
  },
  {
    name: '`WebSocket` of Node.js with `observeWebSocket`, Realtime',
    package: 'ws',
    repeats: null,
    ways: ways(ofPlatform(REALTIME), REALTIME),
  },
];
