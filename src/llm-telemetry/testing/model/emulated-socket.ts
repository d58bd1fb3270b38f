import type { EmulatedApi, GeneratedResponse, Json, JsonReply } from './emulated-api.js';

/** One API that is spoken over a WebSocket: one file, and one line in `emulator.ts`. */
export interface EmulatedSocketApi {
  matches(path: string): boolean;
  /** Opens the session of a connection. */
  open(host: SocketHost): SocketSession;
}

/** What a session needs from the emulator. */
export interface SocketHost {
  /** Query of the connection. */
  readonly query: URLSearchParams;
  /** Returns a new id with a prefix. */
  id(prefix: string): string;
}

/** Session of one connection. */
export interface SocketSession {
  /** The API whose events are sent as messages. */
  readonly api: EmulatedApi;
  /** Messages that are sent when the client has connected. */
  readonly greeting: readonly object[];
  /** Handles a message of the client. */
  receive(message: Json): SocketReply;
  /** Why the response that is sent is interrupted; `null` if it is not. Cleared when a response begins. */
  interruption?: string | null;
  /** Builds the event that ends an interrupted response. @param tokens - generated until then */
  interrupted?(generated: GeneratedResponse, tokens: number): object;
  /** Builds the message about a rejected request. */
  refusal(reply: JsonReply): object;
}

/** What a message of the client leads to. */
export interface SocketReply {
  /** Messages that are sent at once. */
  readonly messages?: readonly object[];
  /** Request for a response. */
  readonly request?: Json;
  /** Members that each message of the response has. */
  readonly envelope?: Json;
}
