import type OpenAI from 'openai';
import type { Json, ModelRequest, Tool } from '../model/emulated-api.js';
import { PLAIN_REQUEST, textOf, type EmulatedApi, type GeneratedResponse } from '../model/emulated-api.js';
import type { EmulatedSocketApi, SocketHost, SocketReply } from '../model/emulated-socket.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { openaiPlatform, STREAM_ERROR } from './openai-platform.js';
import { forcedTool } from './openai-request.js';
import { cancelledResponse, outputItem, realtimeEvents } from './openai-realtime-events.js';
import { TurnDetector, turnDetectionOf } from './openai-realtime-turns.js';

type ServerEvent = OpenAI.Realtime.RealtimeServerEvent;
type Item = OpenAI.Realtime.ConversationItem;
type Session = OpenAI.Realtime.RealtimeSessionCreateRequest;

/**
 * OpenAI Realtime. The client starts each response, or silence does (`server_vad`, if the session asks for it). Sources: API reference, “Realtime”; types of
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
  interruption: string | null = null;
  /** Audio of the user. */
  private buffer: Buffer[] = [];
  private readonly turns = new TurnDetector();
  /** Id of the item that the audio in the buffer will be. */
  private turnId: string;

  constructor(private readonly host: SocketHost) {
    this.turnId = host.id('item_');
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
        return this.hear(Buffer.from(String(message['audio']), 'base64'));
      case 'input_audio_buffer.clear':
        this.buffer = [];
        return { messages: this.events({ type: 'input_audio_buffer.cleared' }) };
      case 'input_audio_buffer.commit':
        return { messages: this.commit() };
      case 'response.create':
        return { request: this.request((message['response'] ?? {}) as Json) };
      case 'response.cancel':
        this.interruption = 'client_cancelled';
        return {};
      default:
        return {};
    }
  }

  refusal({ body }: { readonly body: unknown }): ServerEvent {
    const { error } = body as { readonly error: OpenAI.Realtime.RealtimeError };
    return this.error(error);
  }

  interrupted(generated: GeneratedResponse, tokens: number): ServerEvent {
    const response = cancelledResponse(generated, tokens, this.interruption!);
    return this.events({ type: 'response.done', response })[0]!;
  }

  private request(response: Json = {}): Json {
    return { ...this.session, input: [...this.conversation], ...response };
  }

  /** Adds audio, which can begin or end a turn. */
  private hear(audio: Buffer): SocketReply {
    this.buffer.push(audio);
    const detection = turnDetectionOf(this.session as unknown as Json);
    const change = detection && this.turns.hear(audio, detection);
    if (detection === null || change === null) return {};
    const item_id = this.turnId;
    if (change === 'started') {
      if (detection.interruptsResponse) this.interruption = 'turn_detected';
      const audio_start_ms = this.turns.timeMs;
      return {
        messages: this.events({ type: 'input_audio_buffer.speech_started', item_id, audio_start_ms }),
      };
    }
    const audio_end_ms = this.turns.timeMs;
    const stopped = this.events({ type: 'input_audio_buffer.speech_stopped', item_id, audio_end_ms });
    const messages = [...stopped, ...this.commit()];
    return { messages, ...(detection.createsResponse && { request: this.request() }) };
  }

  private commit(): readonly ServerEvent[] {
    const audio = Buffer.concat(this.buffer).toString('base64');
    this.buffer = [];
    const id = this.turnId;
    this.turnId = this.host.id('item_');
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
