import type { GeneratedResponse, JsonReply, StreamEvent } from '../model/emulated-api.js';
import type { FaultSpec } from '../model/faults.js';

export type Body = Readonly<Record<string, unknown>>;

/** A response, and for a stream the output tokens that were sent before the event that is rewritten. */
export interface DialectContext {
  readonly generated: GeneratedResponse;
  readonly sentTokens: number;
}

/**
 * Row of the table of dialects: how a provider, gateway or server deviates from the API that it speaks. Each step is applied
 * where its members exist, whatever the API. The ledger does not depend on dialects.
 */
export interface Dialect {
  /** Sends the usage of streams without request (Chat Completions). */
  readonly sendsUsage?: true;
  /** Adds the cost to the usage. */
  readonly sendsCost?: true;
  /** Rewrites the usage of Chat Completions. */
  readonly usage?: (usage: ChatUsage, context: DialectContext) => Body;
  /** Rewrites a JSON response, or the data of an event. */
  readonly body?: (body: Body, context: DialectContext) => Body;
  /** Rewrites the events of a stream. */
  readonly events?: (events: Iterable<StreamEvent>) => Iterable<StreamEvent>;
  /** Content type of streams; `null` omits the header. */
  readonly streamType?: string | null;
  /** Rewrites the text of an event. */
  readonly text?: (text: string) => string;
  /** Rewrites the response to a refused request. */
  readonly rejection?: (reply: JsonReply, fault: FaultSpec, isEventStream: boolean) => JsonReply;
  /** Sends the response to a refused request as the first event of a stream, if a stream is requested. */
  readonly streamsRejection?: true;
}

/** Usage of Chat Completions. */
export interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number };
  readonly cost?: number;
}

export function isChatUsage(usage: unknown): usage is ChatUsage {
  return typeof (usage as Partial<ChatUsage> | undefined)?.prompt_tokens === 'number';
}

/** Parses the data of a server-sent event; `null` if it is not an object. */
export function dataOf(text: string): Body | null {
  const data = /^data: (\{.*\})$/m.exec(text)?.[1];
  return data === undefined ? null : (JSON.parse(data) as Body);
}

/** Returns an event with other data. */
export function withData(text: string, data: Body): string {
  return text.replace(/^data: .*$/m, () => `data: ${JSON.stringify(data)}`);
}
