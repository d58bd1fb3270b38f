import type { AttemptRecord } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import { countsOfAttempt, countsOfLine, unitsOfLine } from '../reconciliation/bill.js';
import { describeEstimates, type Difference } from '../reconciliation/estimates.js';
import { drawing, Traffic } from '../reconciliation/traffic.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** `npm run reconcile` sets it to 50,000. */
const CALLS = Number(process.env['RECONCILE_CALLS'] ?? 2000);
const CONCURRENCY = 64;

/** An attempt with its line on the bill. */
interface Pair {
  readonly attempt: AttemptRecord;
  readonly feature: string;
  readonly line: LedgerEntry;
}

/**
 * Providers do not document what they bill for a stream that fails before its first text. Like the library, the test
 * assumes that it is free. The emulator bills the reasoning tokens of such a stream.
 */
function isBilled({ billed, finish, outputTokens, model }: LedgerEntry): boolean {
  return billed && !(finish === 'stream_error' && (outputTokens === 0 || model.startsWith('gpt-5')));
}

describe(`telemetry and bill of ${CALLS} calls`, () => {
  let telemetry: TelemetryApp;
  let traffic: Traffic;
  let lines: readonly LedgerEntry[];
  let attempts: ReadonlyArray<{ readonly attempt: AttemptRecord; readonly feature: string }>;
  /** Attempts whose usage was received, which is sent at or near the end of the response. */
  let completed: readonly Pair[];
  /** Billed attempts without usage: left, aborted, cut, or streamed without requesting usage. */
  let estimated: readonly Pair[];

  beforeAll(async () => {
    telemetry = await startTelemetryApp({
      providers: [Traffic],
      maxRetries: 2,
      emulatorOptions: {
        seed: 11,
        cachedTokens: true,
        rates: {
          rate_limit: 0.02,
          server_error: 0.01,
          overloaded: 0.01,
          cut: 0.01,
          stream_error: 0.01,
          truncate: 0.02,
          bad_request: 0.005,
          refuse: 0.005,
        },
      },
    });
    traffic = telemetry.get(Traffic);
    const draw = drawing(7);
    let index = 0;
    const lane = async (): Promise<void> => {
      while (index < CALLS) {
        const { work, draw: drawn } = draw(index++);
        // Errors of the SDK are expected and not under test.
        await traffic[work](drawn).catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, lane));
    await telemetry.flush();

    lines = telemetry.emulator.ledger.entries();
    const byRequest = new Map(lines.map((line) => [line.requestId, line]));
    attempts = telemetry.records.flatMap(({ feature, attempts: made }) =>
      made.map((attempt) => ({ attempt, feature })),
    );
    const pairs = attempts.flatMap(({ attempt, feature }) => {
      const line = attempt.requestId === null ? undefined : byRequest.get(attempt.requestId);
      return line?.billed ? [{ attempt, feature, line }] : [];
    });
    completed = pairs.filter(({ attempt }) => attempt.usage?.source === 'provider');
    const complete = new Set(completed);
    estimated = pairs.filter((pair) => !complete.has(pair) && pair.attempt.usage?.source === 'estimated');
  }, 1_200_000);
  afterAll(() => telemetry.stop());

  const usdOf = ({ attempt }: Pair): number =>
    attempt.cost!.source === 'unknown' ? Number.NaN : attempt.cost!.costUsd;

  it('cover streams, tools, caches, searches, tiers, retries, cuts and aborts', () => {
    const some = (is: (attempt: AttemptRecord, line: LedgerEntry) => unknown): boolean =>
      completed.some(({ attempt, line }) => is(attempt, line));
    expect(completed.length).toBeGreaterThan(CALLS * 0.85);
    for (const is of [
      (attempt: AttemptRecord) => attempt.parameters!.stream,
      (attempt: AttemptRecord) => attempt.finishReason === 'tool_calls',
      (attempt: AttemptRecord) => attempt.finishReason === 'length',
      (attempt: AttemptRecord) => attempt.isRetry,
      (attempt: AttemptRecord) => attempt.usage!.serviceTier === 'priority',
      (attempt: AttemptRecord) => attempt.usage!.serviceTier === 'flex',
      (_: AttemptRecord, line: LedgerEntry) => line.webSearches > 0 && line.provider === 'openai',
      (_: AttemptRecord, line: LedgerEntry) => line.webSearches > 0 && line.provider === 'anthropic',
      (_: AttemptRecord, line: LedgerEntry) => line.reasoningTokens > 0,
      (_: AttemptRecord, line: LedgerEntry) => line.cachedInputTokens > 0 && line.provider === 'openai',
      (_: AttemptRecord, line: LedgerEntry) => line.cachedInputTokens > 0 && line.provider === 'anthropic',
      (_: AttemptRecord, line: LedgerEntry) => line.cacheWriteTokens > 0,
    ])
      expect([is.toString(), some(is)]).toEqual([is.toString(), true]);
    const endings = new Set(attempts.map(({ attempt }) => attempt.ending));
    expect([...endings]).toEqual(expect.arrayContaining(['finished', 'left', 'aborted', 'cut', 'failed']));
  });

  it('agree on the requests and on which of them are billed', () => {
    const recorded = attempts.map(({ attempt }) => attempt.requestId).filter((id) => id !== null);
    expect(new Set(recorded).size).toBe(recorded.length);
    const recordedIds = new Set(recorded);
    const known = new Set(lines.map(({ requestId }) => requestId));
    expect(recorded.filter((id) => !known.has(id))).toEqual([]);
    // A response that was cut before its headers has no request id.
    const unanswered = lines.filter(({ requestId, status }) => status !== 0 && !recordedIds.has(requestId));
    expect(unanswered).toEqual([]);
    const billed = new Set(lines.filter(isBilled).map(({ requestId }) => requestId));
    const different = attempts.filter(
      ({ attempt: { requestId, usage } }) => requestId !== null && (usage !== null) !== billed.has(requestId),
    );
    expect(different).toEqual([]);
  });

  it('agree on the tokens of each completed request', () => {
    const recorded = ({ attempt }: Pair): string =>
      JSON.stringify([attempt.responseModel, countsOfAttempt(attempt)]);
    const billed = ({ line }: Pair): string => JSON.stringify([line.model, countsOfLine(line)]);
    const different = completed.filter((pair) => recorded(pair) !== billed(pair));
    expect(different.map((pair) => [pair.line.requestId, recorded(pair), billed(pair)])).toEqual([]);
  });

  it('agree exactly on the cost of completed requests by feature, model and tier', () => {
    const recorded = new Map<string, bigint>();
    const billed = new Map<string, bigint>();
    const add = (sums: Map<string, bigint>, key: string, units: bigint): void =>
      void sums.set(key, (sums.get(key) ?? 0n) + units);
    for (const pair of completed) {
      const { line, feature, attempt } = pair;
      const { responseModel, usage } = attempt;
      const tier = line.provider === 'openai' ? usage!.serviceTier : null;
      add(recorded, `${feature} ${responseModel} ${tier}`, BigInt(Math.round(usdOf(pair) * 1e12)));
      // The feature comes from the traffic generator, not from the telemetry.
      const billedFeature = traffic.featureOf.get(line.requestId);
      add(billed, `${billedFeature} ${line.model} ${line.serviceTier}`, unitsOfLine(line)!);
    }
    expect(recorded.size).toBe(7);
    expect(Object.fromEntries(recorded)).toEqual(Object.fromEntries(billed));
  });

  it('differ only in estimates, which are flagged', () => {
    const paired = new Set([...completed, ...estimated].map(({ attempt }) => attempt));
    const others = attempts.filter(({ attempt }) => attempt.usage !== null && !paired.has(attempt));
    // A partial JSON response contains no usage: usage is missing and the cost unknown.
    for (const { attempt } of others)
      expect([attempt.usage!.source, attempt.cost!.source]).toEqual(['missing', 'unknown']);
    for (const { attempt } of estimated) expect(attempt.cost!.source).toBe('table');

    const differences = estimated.map((pair): Difference => {
      const { attempt, line } = pair;
      return {
        of: `${attempt.ending === 'finished' ? 'stream without usage' : `stream ${attempt.ending}`}, ${line.provider}`,
        estimatedTokens: attempt.usage!.outputTokens,
        billedTokens: line.outputTokens,
        estimatedUsd: usdOf(pair),
        billedUsd: Number(unitsOfLine(line)) / 1e12,
      };
    });
    expect(differences.length).toBeGreaterThan(0);
    const billUsd =
      completed.reduce((sum, pair) => sum + usdOf(pair), 0) +
      differences.reduce((sum, { billedUsd }) => sum + billedUsd, 0);
    process.stdout.write(
      `${CALLS} calls, ${lines.length} requests: ${completed.length} completed and equal to the bill of ` +
        `$${billUsd.toFixed(6)}, ${estimated.length} estimated, ${others.length} unknown.\n` +
        `${describeEstimates(differences, billUsd)}\n`,
    );
  });
});
