import { Logger } from '@nestjs/common';
import type { CallName } from '../calls/call-name.js';
import { onFault } from '../wire/guard.js';
import { isFetchMocked } from '../wire/transports/global-fetch.js';
import { onMissedRequest } from '../wire/transports/missed-requests.js';

const REMEDY =
  "Import 'nestjs-llm-telemetry/register' before anything else (or start with `node --import " +
  'nestjs-llm-telemetry/register`), and give clients with a fetch of their own `fetch: telemetry.wrapFetch(fetch)`. ' +
  'A model that is not called over HTTP is recorded with `currentLlmCall()?.recordResponse(…)`.';

const MOCK_REMEDY =
  'Pass `telemetry.wrapFetch(fetch)` to the client, or install the mock before nestjs-llm-telemetry is imported. ' +
  'See docs/testing.md.';

/** Names of models may come from outside: what is remembered of them is bounded. */
const MAX_NOTICES = 100;

/** Says, once each, what keeps telemetry from being complete. */
export class CaptureNotices {
  private readonly logger = new Logger('LlmTelemetry');
  private readonly said = new Set<string>();
  private readonly endings: Array<() => void> = [];

  start(): void {
    this.endings.push(
      onMissedRequest(({ host }) =>
        this.sayOnce(
          'missed',
          `A model request to ${host} was not seen, because its client was built before fetch was tapped or brings its own. ${REMEDY}`,
        ),
      ),
      onFault(({ step, error }) => {
        const name = error instanceof Error ? error.name : typeof error;
        this.sayOnce(
          `fault ${step}`,
          `A fault in telemetry while ${step} (${name}); the application's call is unchanged. Said once.`,
        );
      }),
    );
  }

  stop(): void {
    for (const end of this.endings.splice(0)) end();
  }

  /** An annotated call has ended without any request. */
  noAttempt({ feature, operation }: CallName): void {
    if (isFetchMocked()) return this.sayOnce('mock', `${mockNotice(feature, operation)} ${MOCK_REMEDY}`);
    if (this.said.has('missed')) return;
    this.sayOnce(
      'no attempt',
      `The call ${feature}/${operation} saw no request to a model. If it makes one, its client is not seen. ${REMEDY}`,
    );
  }

  /** A usage has no price; `reason` names the model, which may come from outside. */
  noPrice(reason: string): void {
    if (this.said.size >= MAX_NOTICES) return;
    this.sayOnce(
      `price ${reason}`,
      `A call costs “unknown”: ${printable(reason)}. Add the price to pricing.overrides or pricing.file. Said once.`,
    );
  }

  /** What has become of the file of prices. */
  prices(sentence: string, isGood: boolean): void {
    if (isGood) this.logger.log(sentence);
    else this.logger.warn(sentence);
  }

  private sayOnce(about: string, sentence: string): void {
    if (this.said.has(about)) return;
    this.said.add(about);
    this.logger.warn(sentence);
  }
}

function mockNotice(feature: string, operation: string): string {
  return (
    `The call ${feature}/${operation} has no usage and no cost: no model request was captured, and globalThis.fetch is ` +
    'a mock that was installed after nestjs-llm-telemetry was imported.'
  );
}

/** In one line, and not a long one. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').slice(0, 200);
}
