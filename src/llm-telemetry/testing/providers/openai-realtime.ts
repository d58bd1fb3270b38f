import type OpenAI from 'openai';
import type { Json, ModelRequest, Tool } from '../model/emulated-api.js';
import { PLAIN_REQUEST, textOf, type EmulatedApi } from '../model/emulated-api.js';
import type { EmulatedSocketApi, SocketHost, SocketReply } from '../model/emulated-socket.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { openaiPlatform, STREAM_ERROR } from './openai-platform.js';
import { forcedTool } from './openai-request.js';
import { outputItem, realtimeEvents } from './openai-realtime-events.js';

type ServerEvent = OpenAI.Realtime.RealtimeServerEvent;
type Item = OpenAI.Realtime.ConversationItem;
type Session = OpenAI.Realtime.RealtimeSessionCreateRequest;

/**
 * OpenAI Realtime. The client starts each response; turns are not detected. Sources: API reference, “Realtime”; types of
 * openai 7 (`RealtimeClientEvent`, `RealtimeServerEvent`).
 */
export const openaiRealtime: EmulatedSocketApi = {
  matches: (path) => path.endsWith('/realtime'),
  open: (host) => new RealtimeSession(host),
};

class RealtimeSession {
  readonly api: EmulatedApi;
  readonly greeting: readonly ServerEvent[];
  private session: Session;
  private readonly conversation: Item[] = [];
  /** Audio of the user. */
  private buffer: Buffer[] = [];

  constructor(private readonly host: SocketHost) {
    const model = host.query.get('model') ?? 'gpt-realtime';
    this.session = { type: 'realtime', model, output_modalities: ['audio'] };
    this.greeting = [{ type: 'session.created', event_id: this.eventId(), session: this.session }];
    this.api = {
      ...openaiPlatform,
      idPrefix: 'resp_',
      faultReplacements: { pause: 'none' },
      matches: () => false,
      read,
      json: () => ({}),
      events: (generated) => realtimeEvents(generated, () => this.eventId()),
      streamError: () => `data: ${JSON.stringify(this.error(STREAM_ERROR))}\n\n`,
      store: (generated) => {
        const item = outputItem(generated);
        if (item !== null) this.conversation.push(item);
      },
    };
  }

  receive(message: Json): SocketReply {
    switch (message['type']) {
      case 'session.update':
        this.session = { ...this.session, ...(message['session'] as Session) };
        return { messages: this.events({ type: 'session.updated', session: this.session }) };
      case 'conversation.item.create':
        return { messages: this.added({ id: this.host.id('item_'), ...(message['item'] as Item) }) };
      case 'input_audio_buffer.append':
        this.buffer.push(Buffer.from(String(message['audio']), 'base64'));
        return {};
      case 'input_audio_buffer.clear':
        this.buffer = [];
        return { messages: this.events({ type: 'input_audio_buffer.cleared' }) };
      case 'input_audio_buffer.commit':
        return { messages: this.commit() };
      case 'response.create': {
        const response = (message['response'] ?? {}) as Json;
        return { request: { ...this.session, input: [...this.conversation], ...response } };
      }
      default:
        return {};
    }
  }

  refusal({ body }: { readonly body: unknown }): ServerEvent {
    const { error } = body as { readonly error: OpenAI.Realtime.RealtimeError };
    return this.error(error);
  }

  private commit(): readonly ServerEvent[] {
    const audio = Buffer.concat(this.buffer).toString('base64');
    this.buffer = [];
    const id = this.host.id('item_');
    const committed = this.events({ type: 'input_audio_buffer.committed', item_id: id });
    const content = [{ type: 'input_audio' as const, audio }];
    return [...committed, ...this.added({ id, type: 'message', role: 'user', content })];
  }

  private added(item: Item): readonly ServerEvent[] {
    this.conversation.push(item);
    return this.events({ type: 'conversation.item.added', item }, { type: 'conversation.item.done', item });
  }

  private error(error: OpenAI.Realtime.RealtimeError): ServerEvent {
    return { type: 'error', event_id: this.eventId(), error };
  }

  private events(...events: ReadonlyArray<WithoutId<ServerEvent>>): readonly ServerEvent[] {
    return events.map((event) => ({ ...event, event_id: this.eventId() }) as ServerEvent);
  }

  private eventId(): string {
    return this.host.id('event_');
  }
}

type WithoutId<Event> = Event extends unknown ? Omit<Event, 'event_id'> : never;

function read(body: Json, tokenizer: Tokenizer, path: string): ModelRequest | string {
  const { model, instructions, max_output_tokens: limit } = body;
  if (typeof model !== 'string') return "Missing required parameter: 'model'.";
  const items = body['input'] as readonly Json[];
  const audioInputTokens = items.reduce((sum, item) => sum + audioTokensOf(item), 0);
  const texts = [textOf(instructions), ...items.map(textOfItem)];
  const user = items.findLast(({ role }) => role === 'user');
  const tools = ((body['tools'] ?? []) as readonly Json[]).map(toolOf);
  const choice = body['tool_choice'] as { name?: string } | string | undefined;
  const hasToolResult = items.at(-1)?.['type'] === 'function_call_output';
  return {
    ...PLAIN_REQUEST,
    model,
    path,
    body,
    stream: true,
    maxTokens: typeof limit === 'number' ? limit : Infinity,
    system: textOf(instructions),
    user: user ? textOfItem(user) : '',
    inputTokens: audioInputTokens + texts.reduce((sum, text) => sum + tokenizer.count(text), 0),
    audioInputTokens,
    speaks: (body['output_modalities'] as readonly string[]).includes('audio'),
    tool: hasToolResult
      ? null
      : forcedTool(tools, choice, typeof choice === 'object' ? choice.name : undefined),
    offeredTool: hasToolResult ? null : (tools[0] ?? null),
  };
}

function toolOf({ name, parameters }: Json): Tool {
  return { name: String(name), schema: parameters };
}

/** Returns the text of an item: of its parts (`text`, or the `transcript` of audio), or of a call of a tool. */
function textOfItem({ content, output, arguments: args }: Json): string {
  const parts = (content ?? []) as ReadonlyArray<{ text?: string; transcript?: string }>;
  const texts = parts.map(({ text, transcript }) => text ?? transcript ?? '');
  return [...texts, output, args].filter((text) => typeof text === 'string' && text !== '').join('\n');
}

/** Source: guide “Managing costs” of Realtime: one token for 100 ms of a user; 24,000 samples of 2 bytes are one second. */
const BYTES_PER_TOKEN = 4800;

function audioTokensOf({ role, content }: Json): number {
  if (role !== 'user') return 0;
  const parts = (content ?? []) as ReadonlyArray<{ audio?: string }>;
  return parts.reduce(
    (sum, { audio = '' }) => sum + Math.ceil(Buffer.byteLength(audio, 'base64') / BYTES_PER_TOKEN),
    0,
  );
}
