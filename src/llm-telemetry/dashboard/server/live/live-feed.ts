import type { ServerResponse } from 'node:http';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LlmTelemetryAlerts } from '../../../alerts/llm-telemetry-alerts.js';
import { LlmTelemetryQueries } from '../../../analytics/queries/llm-telemetry-queries.js';
import type { LiveEvents } from '../../api/live.js';
import { rounded } from '../../../analytics/rounded.js';
import { NewCalls } from './new-calls.js';

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
