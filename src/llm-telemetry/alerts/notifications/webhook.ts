import { runInContext } from '../../calls/call.js';
import type { Clock } from '../../runtime/clock.js';
import { loadOpenTelemetry } from '../../runtime/open-telemetry.js';
import { MINUTE } from '../../units/time.js';
import type { ExchangeObserver } from '../../wire/exchanges/exchange.js';
import { retryAfterMs } from '../../wire/transports/response-head.js';
import type { Alert } from '../definitions/alert.js';
import type { WebhookOptions } from '../definitions/alerts.options.js';

const TIMEOUT_MS = 10_000;
/** Maximum number of queued messages. The oldest is dropped beyond it, because the latest state matters most. */
export const MAX_QUEUED_MESSAGES = 100;
export const MAX_ATTEMPTS = 8;
const FIRST_WAIT_MS = 1000;
/** Maximum wait before an attempt, also if `retry-after` asks for more. */
export const MAX_WAIT_MS = MINUTE;
/** Maximum total wait of one message. */
const MAX_TOTAL_WAIT_MS = 125_000;
/** Maximum number of concurrent requests. */
const MAX_CONCURRENT_REQUESTS = 8;
/** Maximum number of alerts with a message in delivery. */
const MAX_CONCURRENT_ALERTS = 100;
/** Time limit for delivering the remaining messages when the application stops. */
const CLOSE_TIMEOUT_MS = 2000;

interface Message {
  readonly settled: () => void;
  /** Key of the alert. */
  readonly key: string;
  readonly state: Alert['state'];
  readonly body: string;
}

/**
 * Posts alerts to a webhook, with retries. Messages about the same alert keep their order; a message that waits for its next
 * attempt does not delay other alerts.
 */
export class Webhook {
  readonly #url: string;
  readonly #headers: Headers;
  private readonly timeoutMs: number;
  private readonly queue: Message[] = [];
  /** Deliveries in progress by alert key. */
  private readonly delivering = new Map<string, Promise<void>>();
  private requests = 0;
  private readonly waitingForRequest: Array<() => void> = [];
  private readonly closing = new AbortController();
  private readonly closed = new AbortController();

  constructor(
    { url, headers, timeoutMs = TIMEOUT_MS }: WebhookOptions & { readonly url: string },
    private readonly service: string | null,
    private readonly clock: Clock,
    /** Called with a message about an alert that could not be delivered. The message does not contain the URL. */
    private readonly onFailure: (message: string) => void,
  ) {
    this.#url = url;
    this.#headers = new Headers({ 'content-type': 'application/json' });
    for (const [name, value] of Object.entries(headers ?? {}))
      if (value !== undefined) this.#headers.set(name, value);
    this.timeoutMs = timeoutMs;
  }

  /**
   * Queues an alert for delivery.
   *
   * @param settled - called once it is delivered or given up; never if the application stops before
   */
  send(alert: Alert, settled: () => void = () => undefined): void {
    if (this.closing.signal.aborted) return;
    const { key, state } = alert;
    this.queue.push({ key, state, body: JSON.stringify(webhookMessage(alert, this.service)), settled });
    this.start();
    if (this.queue.length <= MAX_QUEUED_MESSAGES) return;
    const dropped = this.queue.shift()!;
    this.onFailure(
      `${nameOf(dropped)} was not delivered to the webhook: more than ${MAX_QUEUED_MESSAGES} messages are queued.`,
    );
    dropped.settled();
  }

  /** Attempts each queued message once more, for a bounded time. */
  async close(): Promise<void> {
    this.closing.abort();
    if (this.delivering.size === 0) return;
    const late = setTimeout(() => this.closed.abort(), CLOSE_TIMEOUT_MS);
    while (this.delivering.size > 0) await Promise.all(this.delivering.values());
    clearTimeout(late);
    for (const message of this.queue.splice(0))
      this.onFailure(`${nameOf(message)} was not delivered to the webhook before the application stopped.`);
  }

  /** Starts delivery of messages whose alerts have none in progress. */
  private start(): void {
    for (let index = 0; index < this.queue.length && this.delivering.size < MAX_CONCURRENT_ALERTS;) {
      const message = this.queue[index]!;
      if (this.delivering.has(message.key)) {
        index++;
        continue;
      }
      this.queue.splice(index, 1);
      this.delivering.set(message.key, this.deliver(message));
    }
  }

  /** Delivers one message and starts the next. Never rejects. */
  private async deliver(message: Message): Promise<void> {
    const failure = await this.attempts(message.body);
    if (failure !== null) this.onFailure(`${nameOf(message)} was not delivered to the webhook: ${failure}.`);
    if (failure === null || !this.closing.signal.aborted) message.settled();
    this.delivering.delete(message.key);
    if (!this.closed.signal.aborted) this.start();
  }

  /** Returns the reason of the final failure; `null` if the message was accepted. */
  private async attempts(body: string): Promise<string | null> {
    let waitedMs = 0;
    for (let attempt = 1; ; attempt++) {
      const refusal = await this.request(body);
      if (refusal === null) return null;
      const backoff = FIRST_WAIT_MS * 2 ** (attempt - 1);
      const waitMs = Math.min(MAX_WAIT_MS, refusal.waitMs ?? backoff);
      waitedMs += waitMs;
      if (attempt === MAX_ATTEMPTS || waitedMs > MAX_TOTAL_WAIT_MS || this.closing.signal.aborted)
        return `${refusal.failure} (attempt ${attempt})`;
      await this.clock.wait(waitMs, this.closing.signal).catch(() => {});
    }
  }

  /** Posts a message when fewer than `MAX_CONCURRENT_REQUESTS` requests are in progress. */
  private async request(body: string): Promise<Refusal | null> {
    if (this.requests >= MAX_CONCURRENT_REQUESTS)
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
      const response = await withoutTelemetry(() =>
        fetch(this.#url, { method: 'POST', headers: this.#headers, body, redirect: 'manual', signal }),
      );
      await response.body?.cancel();
      return response.ok ? null : refusalOf(response);
    } catch (error) {
      return { failure: errorCode(error) };
    }
  }
}

interface Refusal {
  readonly failure: string;
  /** From `retry-after`. */
  readonly waitMs?: number;
}

/**
 * Every response other than a 2xx is retried, because a receiver can respond with 302, 400 or 404 while it is deployed.
 * Redirects are not followed, because headers and alert would go to a URL that is not configured.
 */
function refusalOf({ status, headers }: Response): Refusal {
  const waitMs = retryAfterMs(headers, Date.now());
  return { failure: `HTTP ${status}`, ...(waitMs !== null && { waitMs }) };
}

function nameOf({ key, state }: Message): string {
  return `Alert ${key} (${state})`;
}

/** Returns an error code or class name. Error messages are not used, because they can contain the URL. */
function errorCode(error: unknown): string {
  const { name, cause } = error as Error;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : name;
}

/**
 * Runs a fetch that is neither captured as a model request nor traced: an instrumentation of `fetch` would put the secret
 * URL on a span. The context key is that of OpenTelemetry's `suppressTracing`.
 */
async function withoutTelemetry<T>(fetch: () => Promise<T>): Promise<T> {
  const { context, createContextKey } = await loadOpenTelemetry();
  const untraced = context
    .active()
    .setValue(createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true);
  return runInContext({ observer: NO_OBSERVER }, () => context.with(untraced, fetch));
}

const NO_OBSERVER: ExchangeObserver = { begin: () => null };

/**
 * Returns the payload of a webhook request: `text` and `blocks` for Slack's incoming webhooks and compatible receivers,
 * `alert` and `service` for all others.
 */
export function webhookMessage(alert: Alert, service: string | null): object {
  const { name, state, severity, sentence, condition } = alert;
  const icon = state === 'resolved' ? ':white_check_mark:' : ICONS[severity];
  const headline = `${icon} *${name}* ${state}${service === null ? '' : ` in ${escaped(service)}`}`;
  const text = `${headline}\n${escaped(sentence)}`;
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(condition) }] },
    ],
    service,
    alert,
  };
}

const ICONS = { critical: ':red_circle:', warning: ':large_orange_circle:' } as const;

/** Escapes text for Slack, which interprets `<…>` as links and mentions: a model name must not mention a channel. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
