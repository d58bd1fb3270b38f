import { context, createContextKey } from '@opentelemetry/api';
import { runInContext } from '../../calls/call.js';
import type { ExchangeObserver } from '../../wire/exchanges/exchange.js';
import { retryAfterMs } from '../../wire/transports/response-head.js';
import type { Alert } from '../definitions/alert.js';
import type { WebhookOptions } from '../definitions/alerts.options.js';
import type { Clock } from '../../runtime/clock.js';
import { webhookMessage } from './webhook-message.js';

const TIMEOUT_MS = 10_000;
/** Messages that wait for one about the same alert. Beyond that the oldest is dropped: the latest state matters most. */
export const LONGEST_QUEUE = 100;
export const MOST_ATTEMPTS = 8;
const FIRST_WAIT_MS = 1000;
/** The longest wait before an attempt, whatever `retry-after` asks for. */
export const LONGEST_WAIT_MS = 60_000;
/** All waits of one message together. */
const GIVES_UP_AFTER_MS = 125_000;
/** Requests at the same time. */
const MOST_AT_ONCE = 8;
/** Alerts whose messages are sent or wait for another attempt. */
const MOST_ALERTS_AT_ONCE = 100;
/** How long messages that are not delivered when the application stops may still take. */
const CLOSES_WITHIN_MS = 2000;

interface Message {
  /** Of the alert. */
  readonly key: string;
  readonly state: Alert['state'];
  readonly body: string;
}

/**
 * Posts alerts, and again if a post is not accepted. Messages about the same alert keep their order; a message that waits
 * for its next attempt holds up no other alert. Nothing waits for this class.
 */
export class Webhook {
  readonly #url: string;
  readonly #headers: Headers;
  private readonly timeoutMs: number;
  private readonly queue: Message[] = [];
  /** Alerts of which a message is being delivered, by their key. */
  private readonly delivering = new Map<string, Promise<void>>();
  private requests = 0;
  private readonly waitingForRequest: Array<() => void> = [];
  private readonly closing = new AbortController();
  private readonly closed = new AbortController();

  constructor(
    { url, headers, timeoutMs = TIMEOUT_MS }: WebhookOptions & { readonly url: string },
    private readonly service: string | null,
    private readonly clock: Clock,
    /** Called with a sentence, without the address, about what could not be delivered. */
    private readonly onFailure: (sentence: string) => void,
  ) {
    this.#url = url;
    this.#headers = new Headers({ 'content-type': 'application/json' });
    for (const [name, value] of Object.entries(headers ?? {}))
      if (value !== undefined) this.#headers.set(name, value);
    this.timeoutMs = timeoutMs;
  }

  send(alert: Alert): void {
    if (this.closing.signal.aborted) return;
    const { key, state } = alert;
    this.queue.push({ key, state, body: JSON.stringify(webhookMessage(alert, this.service)) });
    this.start();
    if (this.queue.length > LONGEST_QUEUE)
      this.onFailure(`${nameOf(this.queue.shift()!)} was not sent: too many messages wait for the webhook.`);
  }

  /** Gives each message that waits one more attempt, for a bounded time. */
  async close(): Promise<void> {
    this.closing.abort();
    if (this.delivering.size === 0) return;
    const late = setTimeout(() => this.closed.abort(), CLOSES_WITHIN_MS);
    while (this.delivering.size > 0) await Promise.all(this.delivering.values());
    clearTimeout(late);
    for (const message of this.queue.splice(0))
      this.onFailure(`${nameOf(message)} did not reach the webhook before the application stopped.`);
  }

  /** Begins to deliver the messages whose alerts have none under way. */
  private start(): void {
    for (let index = 0; index < this.queue.length && this.delivering.size < MOST_ALERTS_AT_ONCE;) {
      const message = this.queue[index]!;
      if (this.delivering.has(message.key)) {
        index++;
        continue;
      }
      this.queue.splice(index, 1);
      this.delivering.set(message.key, this.deliver(message));
    }
  }

  /** Never rejects. */
  private async deliver(message: Message): Promise<void> {
    const failure = await this.attempts(message.body);
    if (failure !== null) this.onFailure(`${nameOf(message)} did not reach the webhook: ${failure}.`);
    this.delivering.delete(message.key);
    if (!this.closed.signal.aborted) this.start();
  }

  /** Returns why a message was not accepted in the end; `null` if it was. */
  private async attempts(body: string): Promise<string | null> {
    let waitedMs = 0;
    for (let attempt = 1; ; attempt++) {
      const refusal = await this.request(body);
      if (refusal === null) return null;
      const backoff = FIRST_WAIT_MS * 2 ** (attempt - 1);
      const waitMs = Math.min(LONGEST_WAIT_MS, refusal.waitMs ?? backoff);
      waitedMs += waitMs;
      if (attempt === MOST_ATTEMPTS || waitedMs > GIVES_UP_AFTER_MS || this.closing.signal.aborted)
        return `${refusal.failure}, attempt ${attempt}`;
      await this.clock.wait(waitMs, this.closing.signal).catch(() => {});
    }
  }

  /** Posts when fewer than `MOST_AT_ONCE` others are under way. */
  private async request(body: string): Promise<Refusal | null> {
    if (this.requests >= MOST_AT_ONCE)
      await new Promise<void>((resolve) => this.waitingForRequest.push(resolve));
    else this.requests++;
    const refusal = await this.post(body);
    const next = this.waitingForRequest.shift();
    if (next) next();
    else this.requests--;
    return refusal;
  }

  private async post(body: string): Promise<Refusal | null> {
    try {
      const signal = AbortSignal.any([this.closed.signal, AbortSignal.timeout(this.timeoutMs)]);
      const response = await unseen(() =>
        fetch(this.#url, { method: 'POST', headers: this.#headers, body, redirect: 'manual', signal }),
      );
      await response.body?.cancel();
      return response.ok ? null : refusalOf(response);
    } catch (error) {
      return { failure: errorWord(error) };
    }
  }
}

interface Refusal {
  readonly failure: string;
  /** For how long the receiver asks to wait. */
  readonly waitMs?: number;
}

/**
 * Whatever is not a 2xx is tried again: a receiver that is deployed or misconfigured answers with 302, 400 or 404 as well.
 * Redirects are not followed, for the headers and the alert would go to an address that is not configured.
 */
function refusalOf({ status, headers }: Response): Refusal {
  const waitMs = retryAfterMs(headers, Date.now());
  return { failure: `HTTP ${status}`, ...(waitMs !== null && { waitMs }) };
}

function nameOf({ key, state }: Message): string {
  return `Alert ${key} (${state})`;
}

/** A code or a class. Messages of errors can have the address in them. */
function errorWord(error: unknown): string {
  const { name, cause } = error as Error;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : name;
}

/**
 * Fetches what is neither a model request, whatever its address looks like, nor to be in a trace: an instrumentation of
 * `fetch` would put the address on a span. The key is that of OpenTelemetry's `suppressTracing`.
 */
function unseen<T>(fetch: () => T): T {
  const untraced = context
    .active()
    .setValue(createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true);
  return runInContext({ observer: NOBODY }, () => context.with(untraced, fetch));
}

const NOBODY: ExchangeObserver = { begin: () => null };
