import type { JsonObject } from '../json/json-value.js';

/**
 * A message to or from a model, in the same shape for every provider. Only read if the option `content` enables it.
 *
 * Source: OpenTelemetry GenAI semantic conventions, JSON schemas of `gen_ai.input.messages`, `gen_ai.output.messages`
 * and `gen_ai.system_instructions`.
 *
 * @publicApi
 */
export interface ContentMessage {
  /** `user`, `assistant`, `tool`, … as the provider names it. */
  readonly role: string;
  readonly parts: readonly ContentPart[];
  /** The provider's finish reason of a response. */
  readonly finish_reason?: string;
}

/** A part of a message. The data of images, audio and files is omitted. @publicApi */
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

/** Reads the content of one exchange. Formats create one per exchange. */
export interface ContentReader {
  /** Reads the whole parsed request. */
  readRequest(body: JsonObject): RequestContent;
  /** Reads a parsed JSON response. */
  readResponse(body: JsonObject): void;
  /** Reads a parsed server-sent event. */
  readEvent(event: JsonObject): void;
  /** Returns the output that was read so far. */
  output(): readonly ContentMessage[];
}
