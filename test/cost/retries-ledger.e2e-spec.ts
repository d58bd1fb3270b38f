import { Body, Controller, Inject, Post } from '@nestjs/common';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import type { FaultSpec, LedgerEntry } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import request from 'supertest';
import type { Errors, Retries, RetryReason } from '../../src/llm-telemetry/dashboard/api/index.js';
import { PLATFORMS, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Compares the retries in the API, by error type, with the bill of the emulator. */

/** USD per million tokens of gpt-4o-mini, from the provider's price list (November 2026). */
const PRICE = { input: 0.15, output: 0.6 };

/** Error types by the finish of a ledger entry. */
const REASONS: Record<string, string> = {
  rate_limit: 'rate_limit',
  server_error: 'server_error',
  bad_request: 'bad_request',
  content_filter: 'content_filter',
};

/** Faults of each call, one per request. Requests after them succeed. */
const CALLS: ReadonlyArray<readonly FaultSpec['kind'][]> = [
  [],
  ['rate_limit'],
  ['rate_limit'],
  ['rate_limit', 'rate_limit'],
  ['rate_limit', 'rate_limit', 'rate_limit'],
  ['server_error'],
  ['server_error', 'rate_limit'],
  ['rate_limit', 'bad_request'],
  ['bad_request'],
  ['filter'],
  ['filter'],
  ['filter', 'bad_request'],
];

@Controller()
class OrdersController {
  constructor(
    @Inject(LlmTelemetry) private readonly telemetry: LlmTelemetry,
    @Inject(OpenAI) private readonly openai: OpenAI,
  ) {}

  /** Repeats the request if the response was blocked, as an application can do. */
  @Post('orders')
  async summarize(@Body() { text }: { text: string }): Promise<void> {
    const ask = () =>
      this.openai.chat.completions.create({
        model: 'gpt-4o-mini',
        max_tokens: 40,
        messages: [{ role: 'user', content: text }],
      });
    await this.telemetry.run({ feature: 'orders', operation: 'summarize' }, async () => {
      const { choices } = await ask();
      if (choices[0]?.finish_reason === 'content_filter') await ask();
    });
  }
}

/** A call: its requests on the bill, and whether it succeeded. */
interface Outcome {
  readonly bill: readonly LedgerEntry[];
  readonly succeeded: boolean;
}

function reasonOf({ finish }: LedgerEntry): string {
  return REASONS[finish]!;
}

function costOf({ inputTokens, outputTokens, billed }: LedgerEntry): number {
  return billed ? (inputTokens * PRICE.input + outputTokens * PRICE.output) / 1e6 : 0;
}

/** Returns the expected measures. Each request of a call, except for the first, repeats the previous one. */
function expectedReasons(outcomes: readonly Outcome[]): Array<Partial<RetryReason>> {
  const all = outcomes.flatMap(({ bill }) => bill);
  const repeated = outcomes.flatMap(({ bill }) => bill.slice(0, -1));
  const retried = outcomes.filter(({ bill }) => bill.length > 1);
  const lastReason = ({ bill }: Outcome): string => reasonOf(bill.at(-2)!);
  return [...new Set(all.flatMap((entry) => reasonOf(entry) ?? []))].map((type) => {
    const own = retried.filter((outcome) => lastReason(outcome) === type);
    const lost = repeated.filter((entry) => reasonOf(entry) === type);
    return {
      type,
      attempts: all.filter((entry) => reasonOf(entry) === type).length,
      calls: outcomes.filter(({ succeeded, bill }) => !succeeded && reasonOf(bill.at(-1)!) === type).length,
      retries: lost.length,
      retriedCalls: own.length,
      recoveredCalls: own.filter(({ succeeded }) => succeeded).length,
      retryCostUsd: expect.closeTo(
        lost.reduce((sum, entry) => sum + costOf(entry), 0),
        10,
      ) as number,
    };
  });
}

function byType<Row extends { type?: string }>(rows: readonly Row[]): Record<string, Row> {
  return Object.fromEntries(rows.map((row) => [row.type!, row]));
}

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('retries on %s', (platform) => {
  let telemetry: TelemetryApp;
  const outcomes: Outcome[] = [];

  beforeAll(async () => {
    outcomes.length = 0;
    telemetry = await startTelemetryApp({
      platform,
      controllers: [OrdersController],
      options: { store: 'memory' },
      emulatorOptions: { seed: 5 },
      maxRetries: 2,
    });
    const { emulator } = telemetry;
    for (const [index, faults] of CALLS.entries()) {
      for (const kind of faults) emulator.program({ kind, retryAfter: 0 });
      const before = emulator.ledger.entries().length;
      const { status } = await request(telemetry.app.getHttpServer())
        .post('/orders')
        .send({ text: `Order ${index}: 2 x Lamp, 1 x Cable.` });
      outcomes.push({ bill: emulator.ledger.entries().slice(before), succeeded: status === 201 });
    }
    await telemetry.flush();
  }, 60_000);
  afterAll(() => telemetry.stop());

  const ask = async <T>(path: string): Promise<T> => {
    const { status, body } = await request(telemetry.app.getHttpServer()).get(`/llm/api/${path}`);
    expect([path, status]).toEqual([path, 200]);
    return body as T;
  };

  it('match the bill by error type, with the recovered calls and the cost of the repeated requests', async () => {
    const { reasons } = await ask<Retries>('retries');
    const expected = byType(expectedReasons(outcomes));
    expect(byType(reasons)).toMatchObject(expected);
    expect(Object.keys(byType(reasons)).sort()).toEqual(Object.keys(expected).sort());
    expect(expected).toMatchObject({
      rate_limit: { retriedCalls: 6, recoveredCalls: 4 },
      server_error: { retriedCalls: 1 },
      content_filter: { retriedCalls: 3 },
    });
    expect(byType(reasons)['content_filter']!.retryCostUsd).toBeGreaterThan(0);
  });

  it('have the duration of the repeated requests and of the waits after them', async () => {
    const { reasons } = await ask<Retries>('retries');
    const added = new Map<string, number>();
    for (const { attempts } of telemetry.records)
      for (const [index, { failure, durationMs }] of attempts.entries()) {
        const next = attempts[index + 1];
        if (next) added.set(failure!.type, (added.get(failure!.type) ?? 0) + durationMs + next.waitedMs);
      }
    expect(added.size).toBe(3);
    for (const { type, retryTimeMs } of reasons)
      expect([type, retryTimeMs]).toEqual([type, expect.closeTo(added.get(type) ?? 0, 2)]);
  });

  it('add up to the totals of all calls, with and without a filter', async () => {
    for (const filter of ['', '?feature=orders', '?feature=nothing']) {
      const { reasons, ...all } = await ask<Retries>(`retries${filter}`);
      for (const measure of ['retries', 'retriedCalls', 'recoveredCalls'] as const)
        expect([measure, reasons.reduce((sum, reason) => sum + reason[measure], 0)]).toEqual([
          measure,
          all[measure],
        ]);
      // Each value is rounded to microseconds separately.
      for (const [measure, digits] of [
        ['retryTimeMs', 2],
        ['retryCostUsd', 10],
      ] as const)
        expect(reasons.reduce((sum, reason) => sum + reason[measure], 0)).toBeCloseTo(all[measure], digits);
    }
  });

  it('do not change the errors of calls', async () => {
    const { types, at } = await ask<Errors>('errors?bucket=5m');
    for (const { type, calls, attempts } of expectedReasons(outcomes))
      expect(types.find((error) => error.type === type)).toMatchObject({ calls, attempts });
    for (const { calls, values } of types) {
      expect(values).toHaveLength(at.length);
      expect(values.reduce((sum, value) => sum + value, 0)).toBe(calls);
    }
  });
});
