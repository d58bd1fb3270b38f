import { context, createContextKey } from '@opentelemetry/api';
import { runInContext } from '../../../call/context.js';
import type { ExchangeObserver } from '../../../wire/exchange.js';
import type { Alert } from '../alert.js';
import type { WebhookOptions } from '../alerts.options.js';
import type { Clock } from '../clock.js';
import { webhookMessage } from './webhook-message.js';

const TIMEOUT_MS = 10_000;
/** Messages that wait. Beyond that the oldest go: what is now matters more than what was. */
export const LONGEST_QUEUE = 100;
export const MOST_ATTEMPTS = 8;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** What is left when the application stops has so long to go out. */
const CLOSES_WITHIN_MS = 2000;

/** Posts alerts, in their order and one at a time, and again where that fails. Nobody ever waits for it. */
export class Webhook {
  readonly #url: string;
  readonly #headers: Headers;
  private readonly timeoutMs: number;
  private readonly queue: string[] = [];
  private readonly closing = new AbortController();
  private readonly closed = new AbortController();
  private delivering: Promise<void> | null = null;

  constructor(
    { url, headers, timeoutMs = TIMEOUT_MS }: WebhookOptions & { readonly url: string },
    private readonly service: string | null,
    private readonly clock: Clock,
    /** Told, in words without the address, what could not be delivered. */
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
    this.queue.push(JSON.stringify(webhookMessage(alert, this.service)));
    if (this.queue.length > LONGEST_QUEUE) {
      this.queue.shift();
      this.onFailure('The webhook of alerts is too slow: the oldest message that waited was dropped.');
    }
    this.delivering ??= this.deliverAll().finally(() => {
      this.delivering = null;
    });
  }

  /** Gives what waits one more try, for a bounded time. */
  async close(): Promise<void> {
    this.closing.abort();
    if (this.delivering === null) return;
    const late = setTimeout(() => this.closed.abort(), CLOSES_WITHIN_MS);
    await this.delivering;
    clearTimeout(late);
  }

  private async deliverAll(): Promise<void> {
    for (let message = this.queue.shift(); message !== undefined; message = this.queue.shift()) {
      const failure = await this.deliver(message);
      if (failure !== null) this.onFailure(`An alert did not reach the webhook: ${failure}.`);
      if (this.closed.signal.aborted) this.giveUp();
    }
  }

  private giveUp(): void {
    const left = this.queue.splice(0).length;
    if (left > 0) this.onFailure(`${left} more did not reach the webhook before the application stopped.`);
  }

  /** What went wrong in the end, in words; `null`: nothing. */
  private async deliver(message: string): Promise<string | null> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.post(message);
      if (answer === null) return null;
      if (!answer.again || attempt === MOST_ATTEMPTS || this.closing.signal.aborted) return answer.failure;
      const backoff = FIRST_WAIT_MS * 2 ** (attempt - 1);
      const wait = Math.min(LONGEST_WAIT_MS, answer.waitMs ?? backoff);
      await this.clock.wait(wait, this.closing.signal).catch(() => {});
    }
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
      return { failure: errorWord(error), again: true };
    }
  }
}

interface Refusal {
  readonly failure: string;
  /** Whether the same message may be accepted later. */
  readonly again: boolean;
  /** For how long the receiver asks to wait. */
  readonly waitMs?: number;
}

function refusalOf({ status, headers }: Response): Refusal {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return {
    failure: `HTTP ${status}`,
    again: status === 429 || status === 408 || status >= 500,
    ...(seconds >= 0 && { waitMs: seconds * 1000 }),
  };
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
