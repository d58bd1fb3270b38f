import { Logger } from '@nestjs/common';
import type { CallName } from '../calls/call-name.js';
import { onFault } from '../wire/guard.js';
import { NotObservableError } from '../wire/not-observable.error.js';
import { isFetchMocked } from '../wire/transports/global-fetch.js';
import { onMissedRequest } from '../wire/transports/missed-requests.js';
import { MISSED_TRANSPORTS } from '../wire/transports/missed-transports.js';

/** Warnings whose remedy is that of a call without a model request. */
const MISSED_KEYS = Object.keys(MISSED_TRANSPORTS)
  .filter((transport) => transport !== 'unknown_api')
  .map((transport) => `missed ${transport}`);

const NO_HTTP_REMEDY =
  'If the model is not called over HTTP, call `currentLlmCall()?.recordResponse(…)` in the method, or ' +
  '`telemetry.observeQuery(query)` for the Claude Agent SDK.';

const MOCK_REMEDY =
  'Pass `telemetry.wrapFetch(fetch)` to the client, or install the mock before nestjs-llm-telemetry is imported. ' +
  'See docs/testing.md.';

/** Bounds the memory for warnings that contain names of models, which can come from users of the application. */
const MAX_WARNINGS = 100;

/** Logs a warning, once each, about calls that cannot be captured or priced and about errors inside telemetry. */
export class CaptureWarnings {
  private readonly logger = new Logger('LlmTelemetry');
  private readonly warned = new Set<string>();
  private readonly unsubscribers: Array<() => void> = [];

  start(): void {
    this.unsubscribers.push(
      onMissedRequest(({ host, transport }) => {
        const { reason, remedy } = MISSED_TRANSPORTS[transport];
        this.warnOnce(
          `missed ${transport}`,
          `Requests to ${printable(host)} were not captured: ${reason}. ${remedy}`,
        );
      }),
      onFault(({ step, error }) => {
        if (error instanceof NotObservableError) return this.warnOnce(error.message, error.message);
        const name = error instanceof Error ? error.name : typeof error;
        this.warnOnce(
          `fault ${step}`,
          `Telemetry error while ${step} (${name}). The application's call is not affected. Logged once.`,
        );
      }),
    );
  }

  stop(): void {
    for (const unsubscribe of this.unsubscribers.splice(0)) unsubscribe();
  }

  /** Warns about a call without a model request. */
  noAttempt({ feature, operation }: CallName): void {
    if (isFetchMocked()) return this.warnOnce('mock', `${mockWarning(feature, operation)} ${MOCK_REMEDY}`);
    if (MISSED_KEYS.some((key) => this.warned.has(key))) return;
    this.warnOnce(
      'no attempt',
      `No model request was captured in ${feature}/${operation}. If the method calls a model, its client is not captured. ${MISSED_TRANSPORTS.undici.remedy} ${NO_HTTP_REMEDY}`,
    );
  }

  /** Warns about a usage without a price. `reason` names the model, which is untrusted text. */
  noPrice(reason: string): void {
    if (this.warned.size >= MAX_WARNINGS) return;
    this.warnOnce(
      `price ${reason}`,
      `Unknown cost: ${printable(reason)}. Add the price to pricing.overrides or pricing.file. Logged once.`,
    );
  }

  /** Logs that the price file was reloaded, or why it was not. */
  priceFileChanged(message: string, isReloaded: boolean): void {
    if (isReloaded) this.logger.log(message);
    else this.logger.warn(message);
  }

  private warnOnce(key: string, message: string): void {
    if (this.warned.has(key)) return;
    this.warned.add(key);
    this.logger.warn(message);
  }
}

function mockWarning(feature: string, operation: string): string {
  return (
    `No model request was captured in ${feature}/${operation}: globalThis.fetch is a mock that was installed after ` +
    'nestjs-llm-telemetry was imported.'
  );
}

/** Removes control characters and limits the length, so that untrusted text cannot forge log lines. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').slice(0, 200);
}
