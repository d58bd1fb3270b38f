import { MINUTE } from '../../units/time.js';
import type { ServerResponse } from 'node:http';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LlmTelemetryAlerts } from '../../alerts/llm-telemetry-alerts.js';
import { LlmTelemetryQueries } from '../../analytics/llm-telemetry-queries.js';
import type { LiveEvents, CallsEvent } from '../api/live.js';
import { rounded } from '../../analytics/rounded.js';
import type { CallRow } from '../../store/calls.js';

export const MAX_LIVE_CLIENTS = 100;

/** The store writes at least every second, so that calls appear within two seconds. */
const POLL_MS = 750;
const HEARTBEAT_MS = 15_000;
/** Unsent bytes after which a slow client is disconnected. It can fetch missed calls from the API. */
const MAX_UNSENT_BYTES = 256 * 1024;

/** Sends new calls and alerts to clients. Polls the store once for all clients, and only while there are any. */
@Injectable()
export class LiveFeed implements BeforeApplicationShutdown {
  private readonly clients = new Set<ServerResponse>();
  private newCalls: NewCalls | null = null;
  private timer: NodeJS.Timeout | null = null;
  /** `performance.now()`: heartbeats must not depend on the wall clock, which can be set back. */
  private silentSince = 0;
  private stopListening: () => void = () => {};
  private closed = false;

  constructor(
    private readonly queries: LlmTelemetryQueries,
    private readonly alerts: LlmTelemetryAlerts,
  ) {}

  get size(): number {
    return this.clients.size;
  }

  get isFull(): boolean {
    return this.closed || this.clients.size >= MAX_LIVE_CLIENTS;
  }

  /** Adds a client whose headers were sent. The feed owns the response from now on and ends it. */
  add(client: ServerResponse): void {
    this.clients.add(client);
    client.once('close', () => this.remove(client));
    client.on('error', () => this.remove(client));
    client.write(': connected\n\n');
    if (this.clients.size === 1) this.start();
    this.sendAlerts([client]);
  }

  beforeApplicationShutdown(): void {
    this.closed = true;
    for (const client of this.clients) {
      client.end();
      this.remove(client);
    }
  }

  private start(): void {
    this.newCalls = new NewCalls(this.queries);
    this.silentSince = performance.now();
    this.stopListening = this.alerts.onChange(() => this.sendAlerts(this.clients));
    void this.poll(this.newCalls);
  }

  private stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.newCalls = null;
    this.stopListening();
  }

  private remove(client: ServerResponse): void {
    if (this.clients.delete(client) && this.clients.size === 0) this.stop();
  }

  private async poll(newCalls: NewCalls): Promise<void> {
    // Retried with the next poll. The page startupLogs the failure from its own requests.
    const event = await newCalls.next().catch(() => null);
    if (this.newCalls !== newCalls) return;
    if (event) this.send(this.clients, textOf('calls', event));
    else if (performance.now() - this.silentSince >= HEARTBEAT_MS) this.send(this.clients, ': heartbeat\n\n');
    this.timer = setTimeout(() => void this.poll(newCalls), POLL_MS);
    this.timer.unref();
  }

  private sendAlerts(clients: Iterable<ServerResponse>): void {
    this.send(clients, textOf('alerts', this.alerts.list()));
  }

  private send(clients: Iterable<ServerResponse>, text: string): void {
    this.silentSince = performance.now();
    for (const client of clients) {
      if (!this.clients.has(client)) continue;
      if (client.writableLength > MAX_UNSENT_BYTES) client.destroy();
      else client.write(text);
    }
  }
}

/** Formats a server-sent event. JSON has no line breaks, so one data line is enough. */
function textOf<Name extends keyof LiveEvents>(name: Name, data: LiveEvents[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(rounded(data))}\n\n`;
}

/** How far back new calls may have ended: a response that is never read completely is recorded late. */
const LOOK_BACK_MS = 120_000;
/** Within this time, calls are read completely if possible: other instances deliver theirs up to some seconds late. */
const DELIVERY_MS = 10_000;
/** Tolerates clock differences between instances that share a store. */
const LOOK_AHEAD_MS = MINUTE;
const PAGE = 100;
const MAX_PAGES = 10;

/**
 * Polls the store for new calls, including those of other instances that share it. Compares ids with the previous poll
 * instead of taking ids above the last one, because calls of other instances arrive late.
 */
export class NewCalls {
  /** Ids of the calls that ended after `readFrom`. */
  private known: ReadonlySet<string> | null = null;
  /** Calls that ended later were read completely, Unix milliseconds. */
  private readFrom = 0;

  constructor(private readonly queries: LlmTelemetryQueries) {}

  /** Returns the calls that are new since the previous poll; `null` if there are none, and for the first poll. */
  async next(): Promise<CallsEvent | null> {
    const { known, readFrom: from } = this;
    const { calls, readFrom } = await this.read();
    this.readFrom = Math.max(from, readFrom);
    this.known = new Set(calls.filter(({ endedAt }) => endedAt > this.readFrom).map(({ id }) => id));
    if (known === null) return null;
    // Earlier calls can have been there without being read.
    const fresh = calls.filter(({ id, endedAt }) => endedAt > from && !known.has(id));
    return fresh.length > 0 ? { calls: fresh.slice(0, PAGE), more: fresh.length > PAGE } : null;
  }

  /** Reads the latest calls. */
  private async read(): Promise<{ readonly calls: readonly CallRow[]; readonly readFrom: number }> {
    const now = Date.now();
    const range = { from: now - LOOK_BACK_MS, to: now + LOOK_AHEAD_MS };
    const calls: CallRow[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page = await this.queries.calls({ range, limit: PAGE, cursor });
      calls.push(...page.calls);
      if (page.next === null) return { calls, readFrom: range.from };
      cursor = page.next;
      if ((calls.at(-1)?.endedAt ?? now) < now - DELIVERY_MS) break;
    }
    // Stores may order calls of the same millisecond by other criteria.
    return { calls, readFrom: Math.ceil(calls.at(-1)?.endedAt ?? now) };
  }
}
