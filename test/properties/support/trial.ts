import '../../support/loaded-wire.js';
import { isDeepStrictEqual } from 'node:util';
import { setImmediate } from 'node:timers/promises';
import type { Exchange, ExchangeObserver } from '../../../src/llm-telemetry/wire/exchanges/exchange.js';
import { tapFetch } from '../../../src/llm-telemetry/wire/transports/fetch-tap.js';
import { onFault } from '../../../src/llm-telemetry/wire/guard.js';
import { Notes, type Consumer } from './consumers.js';
import type { ScriptedFormat } from './script.js';
import { requestOf, StubFetch, type StubAnswer } from './stub-fetch.js';

/** Application that sends a request and reads its response. */
export interface Application {
  readonly format: ScriptedFormat;
  readonly answer: StubAnswer;
  readonly consumer: Consumer;
  readonly after: number;
  readonly requestChoice: number;
}

/** Result of an exchange. */
export interface Outcome {
  readonly exchange: Exchange | null;
  /** Number of times that its end was reported. */
  readonly ends: number;
  /** The number of exchanges. */
  readonly begun: number;
  readonly notes: Notes;
  readonly result: Result;
  /** Whether the thrown error is the error of the body. */
  readonly broke: boolean;
  /** Whether the source of the body was cancelled. */
  readonly cancelled: boolean;
}

export type Result = { readonly value: unknown } | { readonly thrown: object };

/** A difference between what an application sees with the tap and without it. */
export class Difference extends Error {}

/**
 * Runs an application without the tap and with it, and returns what the tap recorded.
 *
 * @throws Difference if the application gets different results or the tap has a fault
 */
export async function runTrial(application: Application): Promise<Outcome> {
  const bare = await run(
    application,
    (fetch) => fetch,
    () => {},
  );
  const exchanges: Exchange[] = [];
  let ends = 0;
  let end: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const observer: ExchangeObserver = {
    begin: (exchange) => {
      exchanges.push(exchange);
      return {
        run: (send) => send(),
        ended: () => {
          ends++;
          end();
        },
      };
    },
  };
  const faults: unknown[] = [];
  const stop = onFault(({ step, error }) => faults.push(`${step}: ${String(error)}`));
  try {
    const giveUp = (): void => exchanges[0]?.end(exchanges[0].touched ? 'left' : 'unread');
    const seen = await run(application, (fetch) => tapFetch(fetch, () => observer), giveUp);
    expectSameAccount(seen.account, bare.account);
    const outcome = (): Outcome => ({
      exchange: exchanges[0] ?? null,
      ends,
      begun: exchanges.length,
      notes: seen.notes,
      result: seen.result,
      broke: seen.broke,
      cancelled: seen.cancelled,
    });
    // The end of a blob is reported after it was read.
    if (mustEnd(application, outcome())) await soon(ended);
    if (faults.length > 0) throw new Difference(`The tap has thrown: ${faults.join(', ')}`);
    return outcome();
  } finally {
    stop();
  }
}

/** Returns whether the application is done with the body, so that the exchange must have ended. */
export function mustEnd(
  { answer, consumer }: Application,
  { notes, result, broke, cancelled }: Omit<Outcome, 'ends'>,
): boolean {
  if (answer.failure !== 'none') return true;
  return (
    broke || cancelled || notes.left || notes.readWhenGivenUp !== null || ('value' in result && consumer.all)
  );
}

type Account = Readonly<Record<string, unknown>>;

interface Run {
  readonly account: Account;
  readonly notes: Notes;
  readonly result: Result;
  readonly broke: boolean;
  readonly cancelled: boolean;
}

async function run(
  { format, answer, consumer, after, requestChoice }: Application,
  tapped: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch,
  giveUp: () => void,
): Promise<Run> {
  const stub = new StubFetch(answer);
  const request = requestOf(
    format.path,
    format.request,
    format.form === true,
    requestChoice,
    stub.abort.signal,
  );
  const notes = new Notes(giveUp);
  let before: object | null = null;
  let response: Response | undefined;
  let broke = false;
  const result = await attempt(
    async () => {
      response = await tapped(stub.fetch)(...request);
      before = accountOf(response);
      return consumer.consume(response, notes, after);
    },
    (error) => (broke = error === stub.error || error === stub.abort.signal.reason),
  );
  const { pulls, cancelled, calls, given } = stub.account;
  return {
    notes,
    result,
    broke,
    cancelled: cancelled.length > 0,
    account: {
      before,
      result,
      broke,
      chunks: consumer.chunks ? notes.chunks : notes.chunks.join(''),
      after: response && accountOf(response),
      // A used body cannot be read again.
      again: response?.bodyUsed ? await attempt(() => response!.text()) : null,
      // A source with a buffer is pulled at each turn of the event loop, whatever the application does.
      pulls: answer.highWaterMark === 0 ? pulls : null,
      provider: { calls, cancelled: cancelled.map(describe) },
      sentAsGiven: given[0] === request[0] && given[1] === request[1],
    },
  };
}

/** Describes what an application observes of a response. */
function accountOf(response: Response): object {
  const { status, ok, type, url, redirected, bodyUsed, headers } = response;
  return { status, ok, type, url, redirected, bodyUsed, kind: headers.get('content-type') };
}

async function attempt(work: () => unknown, onError?: (error: unknown) => void): Promise<Result> {
  try {
    return { value: comparable(await work()) };
  } catch (error) {
    onError?.(error);
    return { thrown: describe(error) };
  }
}

/** Copies buffers, which may be detached before they are compared. */
function comparable(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

function describe(error: unknown): object {
  if (typeof error !== 'object' || error === null) return { error };
  const { constructor, name, message, code, cause } = error as Error & { code?: unknown };
  return {
    class: constructor.name,
    name,
    message,
    code,
    cause: cause === undefined ? null : describe(cause),
  };
}

const PATIENCE_TURNS = 200;

/** Waits for a number of turns of the event loop instead of a duration. */
async function soon(ended: Promise<void>): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  for (let turn = 0; turn < PATIENCE_TURNS; turn++) {
    await (turn < 2 ? Promise.resolve() : setImmediate());
    if (over) return;
  }
}

function expectSameAccount(seen: Account, bare: Account): void {
  if (isDeepStrictEqual(seen, bare)) return;
  const others = Object.keys(bare).filter((key) => !isDeepStrictEqual(seen[key], bare[key]));
  const show = (account: Account): string =>
    JSON.stringify(others.map((key) => account[key])).slice(0, LONGEST_ACCOUNT);
  throw new Difference(
    `The application sees other ${others.join(', ')}.\nWith the tap: ${show(seen)}\nwithout it: ${show(bare)}`,
  );
}

const LONGEST_ACCOUNT = 2000;
