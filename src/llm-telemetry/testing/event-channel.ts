import type { StreamEvent } from './model/emulated-api.js';
import type { FaultSpec } from './model/faults.js';
import type { ResponseDelays } from './model/random.js';

/** Connection on which the events of a response are sent. */
export interface EventChannel {
  /** Sends an event. Resolves to false if the client has disconnected. */
  send(event: string): Promise<boolean>;
  /** Waits, at most until the client disconnects. */
  wait(milliseconds: number): Promise<void>;
  untilClosed(): Promise<void>;
  /** Sends the event that interrupts the response. */
  fail(event: string): void;
  destroy(): void;
}

/** Progress of a response: the tokens generated for it, and whether everything except `last` was sent. */
export type Sent<Last> =
  | { readonly tokens: number; readonly completed: false }
  | { readonly tokens: number; readonly completed: true; readonly last: Last };

/** Returns the tokens after which a fault interrupts a response: −1 for before its begin. */
export function breaksAfter({ kind, afterTokens }: FaultSpec): number {
  if (kind === 'stream_error') return afterTokens ?? 4;
  return kind === 'cut' || kind === 'stall' ? (afterTokens ?? -1) : Infinity;
}

/** Interrupts a response as the fault says. */
export async function breakOff(
  channel: EventChannel,
  { kind }: FaultSpec,
  tokens: number,
  errorEvent: () => string,
): Promise<Sent<never>> {
  if (kind === 'stall') await channel.untilClosed();
  else if (kind === 'stream_error') channel.fail(errorEvent());
  else channel.destroy();
  return { tokens, completed: false };
}

/** Sends the events of a response except the last one, or only those before the fault. */
export async function sendEvents(
  channel: EventChannel,
  events: Iterable<StreamEvent>,
  {
    fault,
    times,
    outputTokens,
    errorEvent,
  }: {
    readonly fault: FaultSpec;
    readonly times: ResponseDelays | null;
    readonly outputTokens: number;
    errorEvent(eventsSent: number): string;
  },
): Promise<Sent<string>> {
  const limit = breaksAfter(fault);
  let eventsSent = 0;
  let tokens = 0;
  let last: string | null = null;
  for (const event of events) {
    if (last !== null && !(await channel.send(last))) return { tokens, completed: false };
    if (last !== null) eventsSent++;
    last = null;
    if (tokens + event.tokens > limit) return breakOff(channel, fault, tokens, () => errorEvent(eventsSent));
    if (times && event.tokens > 0) await channel.wait(times.perTokenMs * event.tokens);
    tokens += event.tokens;
    last = event.text;
  }
  if (limit < Infinity) return breakOff(channel, fault, tokens, () => errorEvent(eventsSent));
  return { tokens: outputTokens, completed: true, last: last ?? '' };
}
