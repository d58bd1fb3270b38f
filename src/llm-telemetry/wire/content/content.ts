import type { JsonObject } from '../json/json-value.js';

/**
 * What a model is given and what it answers, the same shape for every provider. It is read only where an application
 * has asked for it (`content`); nothing else in the library looks at it.
 *
 * Source: OpenTelemetry GenAI semantic conventions, JSON schemas of `gen_ai.input.messages`, `gen_ai.output.messages`
 * and `gen_ai.system_instructions`.
 *
 * @publicApi
 */
export interface ContentMessage {
  /** `user`, `assistant`, `tool`, … in the provider's word. */
  readonly role: string;
  readonly parts: readonly ContentPart[];
  /** Of an answer: the provider's own word for how it ended. */
  readonly finish_reason?: string;
}

/** A piece of a message. Pictures, audio and files are named and left out. @publicApi */
export type ContentPart =
  | { readonly type: 'text'; readonly content: string }
  | { readonly type: 'reasoning'; readonly content: string }
  | {
      readonly type: 'tool_call';
      readonly id: string | null;
      readonly name: string;
      readonly arguments: string;
    }
  | { readonly type: 'tool_call_response'; readonly id: string | null; readonly response: string }
  | { readonly type: 'blob'; readonly modality: string; readonly mime_type: string | null }
  | { readonly type: 'uri'; readonly modality: string; readonly uri: string };

/** The content of a request. */
export interface RequestContent {
  readonly system: readonly ContentPart[];
  readonly input: readonly ContentMessage[];
}

/** Reads the content of one exchange; a format makes one for each. */
export interface ContentReader {
  /** `body` is the whole request, parsed. */
  readRequest(body: JsonObject): RequestContent;
  /** The whole answer came as JSON. */
  readResponse(body: JsonObject): void;
  /** A server-sent event came, parsed. */
  readEvent(event: JsonObject): void;
  /** What has come of the answer so far. */
  output(): readonly ContentMessage[];
}
