import { bareFetch } from '../../support/bare-fetch.js';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { LlmTelemetry, type AttemptRecord, type CallRecord } from 'nestjs-llm-telemetry';
import { startProviderEmulator, type FaultSpec, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import { RecordCollector } from '../../support/record-collector.js';
import { startTelemetryApp, type TelemetryApp } from '../../support/telemetry-app.js';
import { uncaptured } from '../../support/uncaptured.js';
import type { Client, ClientSide, Use } from './client.js';
import { expectPrinted, versionOf, type Observed, type TableColumn } from './table.js';

/** A request of a client under a fault of the provider. */
interface Scenario {
  readonly fault?: FaultSpec;
  readonly maxRetries?: number;
  /** The rest of the response is never read, so the record is created by `flush()`. */
  readonly flush?: true;
  /** The client reads on after the scenario. */
  readonly readsOn?: true;
}

/** What both sides of a scenario observed. */
interface Observation {
  readonly record: CallRecord;
  readonly attempts: readonly AttemptRecord[];
  readonly isFailed: boolean;
}

/**
 * Runs every scenario of each client twice, with and without telemetry: results and errors are the same, each request is
 * an attempt, and each attempt has the usage that the emulator bills. The table `name` of docs/capture.md prints what was
 * observed; `npm run clients:table` writes it.
 */
export function describeClients(name: string, clients: readonly Client[]): void {
  const rows = new Map<string, Observed>();
  const records = new RecordCollector();
  let telemetry: TelemetryApp;

  beforeAll(async () => {
    telemetry = await startTelemetryApp({
      options: { store: false, dashboard: false, onCall: records.onCall },
    });
    // Responses contain their creation time in seconds.
    import.meta.jest.spyOn(Date, 'now').mockReturnValue(Date.now());
  });
  afterAll(async () => {
    import.meta.jest.restoreAllMocks();
    await telemetry.stop();
  });

  /** Runs `use` on both sides, one after the other, and expects the same result. */
  async function observe(
    use: Use,
    { fault, maxRetries = 0, flush, readsOn }: Scenario,
  ): Promise<Observation> {
    records.clear();
    telemetry.logger.entries.length = 0;
    const llm = telemetry.get(LlmTelemetry);
    const [one, other] = await Promise.all([startProviderEmulator(), startProviderEmulator()]);
    const ends: Array<() => unknown> = [];
    const side = (emulator: ProviderEmulator, own: LlmTelemetry | null): ClientSide => {
      if (fault) emulator.program(fault);
      return { emulator, llm: own, maxRetries, onEnd: (work) => void ends.push(work) };
    };
    try {
      const seen = await outcomeOf(one, () =>
        llm.run({ feature: 'clients', operation: 'use' }, () => use(side(one, llm))),
      );
      if (flush) await llm.flush();
      const record = await records.only();
      const whole = readsOn && wholeResponse();
      expect(seen).toEqual(await withoutTelemetry(() => outcomeOf(other, () => use(side(other, null)))));
      await whole;
      expect(telemetry.logger.entries.filter(({ text }) => text.includes('Telemetry error'))).toEqual([]);
      const { attempts } = record;
      expectBilled(attempts, one);
      return { record, attempts, isFailed: 'error' in seen };
    } finally {
      for (const end of ends) await end();
      await Promise.all([one.stop(), other.stop()]);
    }
  }

  describe.each(clients)('$name', (client) => {
    const { ways, repeats = 'rate_limit', authFailure = 'auth', toolSteps = 1, drains } = client;
    const row = client.name.replace('{version}', versionOf(client.package));
    rows.set(row, {});
    const note = (column: TableColumn, text: string): void =>
      void rows.set(row, { ...rows.get(row), [column]: text });

    if (client.isMissed) {
      it('is reported in a warning instead of being captured', async () => {
        await expect(observe(ways.response!, {})).rejects.toThrow(/attempts/);
        const texts = telemetry.logger.entries.map(({ text }) => text);
        expect(texts).toContainEqual(expect.stringMatching(/not captured|missed/));
        note('usage', 'not captured, reported in a warning');
      });
      return;
    }

    if (ways.response) {
      it('gets the same response, which is recorded as it is billed', async () => {
        const { attempts, record } = await observe(ways.response!, {});
        expect(record).toMatchObject({
          failure: null,
          finishReason: expect.stringMatching(/^(stop|length)$/),
        });
        expect(attempts).toMatchObject([{ isRetry: false, ending: 'finished', failure: null }]);
        note('usage', sourceOf(attempts));
        note('finish reason', '✓');
      });

      it('gets the same error, which is recorded with its type', async () => {
        const { attempts, isFailed } = await observe(ways.response!, { fault: { kind: 'auth' } });
        expect(isFailed).toBe(true);
        expect(attempts).toMatchObject([{ failure: { type: authFailure }, usage: null }]);
        note('error', '✓');
      });
    }

    if (ways.response && repeats !== null) {
      it('repeats a refused request, which is recorded as a retry', async () => {
        const fault = { kind: repeats, retryAfter: client.retryAfter ?? 0.001 };
        const { attempts, record } = await observe(ways.response!, { fault, maxRetries: 1 });
        expect(record.failure).toBeNull();
        expect(attempts).toMatchObject([
          { isRetry: false, usage: null, failure: { type: repeats } },
          { isRetry: true, failure: null, usage: {} },
        ]);
        note('retry', '✓');
      });
    }

    if (ways.stream) {
      it('reads the same stream, which is recorded as it is billed', async () => {
        const { attempts, record } = await observe(ways.stream!, {});
        expect(record.failure).toBeNull();
        expect(attempts).toMatchObject([
          { parameters: { stream: true }, ending: 'finished', finishReason: 'stop' },
        ]);
        note('stream', sourceOf(attempts));
      });
    }

    if (ways.leave && drains) {
      it('leaves a stream and reads it on, which is recorded as it is billed', async () => {
        const { attempts } = await observe(ways.leave!, { readsOn: true });
        expect(attempts).toMatchObject([{ ending: 'finished', failure: null }]);
        note('left stream', `${sourceOf(attempts)} read to the end`);
      });
    } else if (ways.leave) {
      it('leaves a stream, which is recorded with the tokens until then', async () => {
        // After the tokens of reasoning.
        const fault = { kind: 'stall', afterTokens: 30 } as const;
        const { attempts, record, isFailed } = await observe(ways.leave!, { fault, flush: true });
        expect(isFailed).toBe(false);
        expect(record.failure).toBeNull();
        expect(attempts).toMatchObject([{ ending: expect.stringMatching(/^(left|aborted)$/), usage: {} }]);
        note('left stream', sourceOf(attempts));
      });
    }

    if (ways.tool) {
      it('calls a tool, which is recorded as the finish reason', async () => {
        const { attempts } = await observe(ways.tool!, { fault: { kind: 'tool' } });
        expect(attempts).toHaveLength(toolSteps);
        expect(attempts[0]).toMatchObject({ finishReason: 'tool_calls', failure: null });
        expect(attempts.every(({ isRetry }) => !isRetry)).toBe(true);
        note('tool call', toolSteps === 2 ? '✓ 2 requests' : '✓');
      });
    }

    if (ways.embeddings) {
      it('gets the same embeddings, which are recorded as they are billed', async () => {
        const { attempts } = await observe(ways.embeddings!, {});
        expect(attempts.length).toBeGreaterThan(0);
        for (const attempt of attempts)
          expect(attempt).toMatchObject({
            operation: 'embeddings',
            failure: null,
            usage: { outputTokens: 0 },
          });
        note('embeddings', sourceOf(attempts));
      });
    }
  });

  it('is printed in docs/capture.md', () => expectPrinted(name, rows));
}

/** Expects one attempt for each request, with the usage of its bill if the provider reported one. */
function expectBilled(attempts: readonly AttemptRecord[], { requests, ledger }: ProviderEmulator): void {
  expect({ attempts: attempts.length }).toEqual({ attempts: requests.length });
  const bill = ledger.entries();
  for (const [index, { usage, requestId }] of attempts.entries()) {
    const entry = requestId === null ? bill[index] : ledger.find(requestId);
    if (usage?.source !== 'provider' || entry === undefined || !entry.completed) continue;
    expect(usage).toMatchObject({
      inputTokens: entry.inputTokens,
      cachedInputTokens: entry.cachedInputTokens,
      outputTokens: entry.outputTokens,
      clamped: false,
    });
  }
}

/** `✓` if the provider reported the usage. */
function sourceOf(attempts: readonly AttemptRecord[]): string {
  const source = attempts.at(-1)?.usage?.source;
  return source === 'provider' ? '✓' : (source ?? 'missing');
}

/** Resolves when the platform has received the next response completely, even if the application has left it. */
function wholeResponse(): Promise<void> {
  return new Promise((resolve) => {
    const name = 'undici:request:trailers';
    const onTrailers = (): void => {
      unsubscribe(name, onTrailers);
      resolve();
    };
    subscribe(name, onTrailers);
  });
}

/** Result or error as the application receives it, without the address of the emulator. */
async function outcomeOf({ url }: ProviderEmulator, use: () => Promise<unknown>): Promise<object> {
  const plain = (value: unknown): unknown => {
    const text = JSON.stringify(value);
    if (text === undefined) return undefined;
    return JSON.parse(text.replaceAll(new URL(url).host, 'host').replaceAll(/"\w{3}, [^"]* GMT"/g, '"date"'));
  };
  try {
    return { value: plain(await use()) };
  } catch (error) {
    const { name, message, status, statusCode } = error as Error & { status?: unknown; statusCode?: unknown };
    return { error: plain({ name, message, status, statusCode }) };
  }
}

/** Runs work whose requests are not captured, with the `fetch` of the platform. */
async function withoutTelemetry<T>(work: () => Promise<T>): Promise<T> {
  const { fetch } = globalThis;
  globalThis.fetch = bareFetch;
  try {
    return await uncaptured(work);
  } finally {
    globalThis.fetch = fetch;
  }
}
