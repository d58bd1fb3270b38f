import { Body, Controller, Injectable, Post } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import { LlmCall, type Dimension, type Measures } from 'nestjs-llm-telemetry';
import type { CallStore } from 'nestjs-llm-telemetry/store';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import request from 'supertest';
import { CALL_STORE } from '../../src/llm-telemetry/store/call-store.js';
import { PLATFORMS, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Compares every measure of the store with the bill of the emulator for the same traffic. */

/** USD per million tokens, from the providers' price lists (November 2026). The third model has no price. */
const PRICES: Record<string, { input: number; cached: number; write: number; output: number } | undefined> = {
  'gpt-4o-mini-2024-07-18': { input: 0.15, cached: 0.075, write: 0, output: 0.6 },
  'claude-haiku-4-5-20251001': { input: 1, cached: 0.1, write: 1.25, output: 5 },
};
const UNPRICED = 'house-model-7b';

@Injectable()
class Features {
  constructor(
    private readonly openai: OpenAI,
    private readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(text: string, maxTokens: number, model = 'gpt-4o-mini'): Promise<void> {
    await this.openai.chat.completions.create({
      model,
      max_tokens: maxTokens,
      messages: [{ role: 'user', content: text }],
    });
  }

  @LlmCall({ feature: 'support', operation: 'classify' })
  async classify(text: string, maxTokens: number): Promise<void> {
    const events = await this.anthropic.messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: maxTokens,
      stream: true,
      system: [
        {
          type: 'text',
          text: `You classify tickets. ${'Be brief. '.repeat(300)}`,
          cache_control: { type: 'ephemeral' },
        },
      ],
      messages: [{ role: 'user', content: text }],
    });
    for await (const event of events) void event;
  }
}

interface CallParams {
  readonly kind: 'summarize' | 'classify' | 'unpriced';
  readonly tenant: string;
  readonly text: string;
  readonly maxTokens: number;
}

@Controller()
class FeaturesController {
  constructor(private readonly features: Features) {}

  @Post('orders')
  async orders(@Body() { text, maxTokens, kind }: CallParams): Promise<void> {
    await this.features.summarize(text, maxTokens, kind === 'unpriced' ? UNPRICED : undefined);
  }

  @Post('tickets')
  async tickets(@Body() { text, maxTokens }: CallParams): Promise<void> {
    await this.features.classify(text, maxTokens);
  }
}

/** A request, its outcome, and its items on the bill. */
interface Outcome {
  readonly params: CallParams;
  readonly succeeded: boolean;
  readonly bill: readonly LedgerEntry[];
}

const expected = (outcomes: readonly Outcome[]): Partial<Measures> => {
  const bill = outcomes.flatMap(({ bill }) => bill);
  const billed = bill.filter((entry) => entry.billed);
  const sum = (of: (entry: LedgerEntry) => number): number =>
    billed.reduce((all, entry) => all + of(entry), 0);
  const retried = outcomes.filter(({ bill }) => bill.some(({ retryCount }) => retryCount > 0));
  const last = ({ bill }: Outcome): LedgerEntry => bill.at(-1)!;
  return {
    calls: outcomes.length,
    failed: outcomes.filter(({ succeeded }) => !succeeded).length,
    truncated: outcomes.filter((outcome) => /^(length|max_tokens)$/.test(last(outcome).finish)).length,
    billedCalls: outcomes.filter(({ bill }) => bill.some((entry) => entry.billed)).length,
    unpricedCalls: outcomes.filter(({ bill }) => bill.some((entry) => entry.billed && !PRICES[entry.model]))
      .length,
    missingUsageCalls: 0,
    estimatedUsageCalls: 0,
    inputTokens: sum((entry) => entry.inputTokens),
    cachedInputTokens: sum((entry) => entry.cachedInputTokens),
    cacheWriteTokens: sum((entry) => (entry.provider === 'anthropic' ? entry.cacheWriteTokens : 0)),
    outputTokens: sum((entry) => entry.outputTokens),
    attempts: bill.length,
    retries: bill.filter(({ retryCount }) => retryCount > 0).length,
    rateLimitedAttempts: bill.filter(({ status }) => status === 429).length,
    retriedCalls: retried.length,
    recoveredCalls: retried.filter(({ succeeded }) => succeeded).length,
    // Prices per million tokens are whole in millionths of a dollar, so sums have no fractions.
    costUsd: sum((entry) => picodollars(entry)) / 1e12,
    retryCostUsd: 0,
  };
};

function picodollars(entry: LedgerEntry): number {
  const price = PRICES[entry.model];
  if (!price) return 0;
  const written = entry.provider === 'anthropic' ? entry.cacheWriteTokens : 0;
  const fresh = entry.inputTokens - entry.cachedInputTokens - written;
  return Math.round(
    (fresh * price.input +
      entry.cachedInputTokens * price.cached +
      written * price.write +
      entry.outputTokens * price.output) *
      1e6,
  );
}

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)(
  'the measures of the store on %s',
  (platform) => {
    let telemetry: TelemetryApp;
    let store: CallStore;
    const outcomes: Outcome[] = [];
    const range = { from: Date.now() - 60_000, to: Date.now() + 3_600_000 };

    beforeAll(async () => {
      outcomes.length = 0;
      telemetry = await startTelemetryApp({
        platform,
        providers: [Features],
        controllers: [FeaturesController],
        options: {
          store: 'memory',
          requestContext: (context) => ({
            tenantId: context.switchToHttp().getRequest<{ body: CallParams }>().body.tenant,
          }),
        },
        emulatorOptions: { seed: 11, cachedTokens: true },
        maxRetries: 1,
      });
      store = telemetry.app.get<CallStore>(CALL_STORE, { strict: false });
      const { ledger } = telemetry.emulator;
      for (let index = 0; index < 120; index++) {
        const kind = index % 3 === 0 ? 'classify' : index % 10 === 1 ? 'unpriced' : 'summarize';
        const params: CallParams = {
          kind,
          tenant: `tenant-${index % 4}`,
          text: `Order ${index}: ${'lamp, '.repeat(index % 20)}one cable.`,
          maxTokens: 3 + (index % 60),
        };
        if (index % 8 === 5)
          telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 0, times: index % 16 < 8 ? 1 : 2 });
        if (index % 25 === 7) telemetry.emulator.program({ kind: 'bad_request' });
        const before = ledger.entries().length;
        const { status } = await request(telemetry.app.getHttpServer())
          .post(kind === 'classify' ? '/tickets' : '/orders')
          .send(params);
        outcomes.push({ params, succeeded: status === 201, bill: ledger.entries().slice(before) });
      }
      await telemetry.flush();
    }, 60_000);
    afterAll(() => telemetry.stop());

    it('cover traffic with every kind of outcome', () => {
      const all = expected(outcomes);
      const wanted = [
        'failed',
        'truncated',
        'unpricedCalls',
        'cachedInputTokens',
        'cacheWriteTokens',
        'rateLimitedAttempts',
        'recoveredCalls',
      ] as const;
      expect(wanted.filter((measure) => !all[measure])).toEqual([]);
      expect(all.retriedCalls).toBeGreaterThan(all.recoveredCalls!);
    });

    it('equal the total bill', async () => {
      const { groups } = await store.measure({ range });
      expect(groups).toHaveLength(1);
      expect(groups[0]!.measures).toMatchObject(expected(outcomes));
    });

    it.each<[Dimension, (outcome: Outcome) => string | null]>([
      ['feature', ({ params }) => (params.kind === 'classify' ? 'support' : 'orders')],
      ['operation', ({ params }) => (params.kind === 'classify' ? 'classify' : 'summarize')],
      ['provider', ({ params }) => (params.kind === 'classify' ? 'anthropic' : 'openai')],
      ['route', ({ params }) => (params.kind === 'classify' ? 'POST /tickets' : 'POST /orders')],
      ['tenant', ({ params }) => params.tenant],
    ])('equal the bill by %s', async (dimension, nameOf) => {
      const { groups } = await store.measure({ range, by: [dimension] });
      const names = [...new Set(outcomes.map(nameOf))];
      expect(groups.map((group) => group.names[dimension]).sort()).toEqual(names.sort());
      for (const { names, measures } of groups) {
        expect(measures).toMatchObject(
          expected(outcomes.filter((outcome) => nameOf(outcome) === names[dimension])),
        );
      }
    });

    it('equal the bill by model, with tokens and cost under the model that used them', async () => {
      const { groups } = await store.measure({ range, by: ['model'] });
      const bill = outcomes.flatMap((outcome) => outcome.bill.filter(({ billed }) => billed));
      for (const model of [...Object.keys(PRICES), UNPRICED]) {
        const own = bill.filter((entry) => entry.model === model);
        const found = groups.find(({ names }) => names.model === model)!.measures;
        expect(own.length).toBeGreaterThan(0);
        expect([model, found.billedCalls, found.inputTokens, found.outputTokens, found.costUsd]).toEqual([
          model,
          own.length,
          own.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
          own.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
          own.reduce((sum, entry) => sum + picodollars(entry), 0) / 1e12,
        ]);
      }
    });

    it('add up to the bill over time and with a filter', async () => {
      const { groups, bucketMs } = await store.measure({ range, by: ['feature'], bucketMs: 60_000 });
      expect(bucketMs).toBe(60_000);
      for (const { measures, buckets } of groups) {
        expect(buckets.reduce((sum, bucket) => sum + bucket.measures.inputTokens, 0)).toBe(
          measures.inputTokens,
        );
      }
      const orders = await store.measure({ range, where: { feature: ['orders'] } });
      expect(orders.groups[0]!.measures).toMatchObject(
        expected(outcomes.filter(({ params }) => params.kind !== 'classify')),
      );
      const nothing = await store.measure({ range, where: { feature: ['nothing'] } });
      expect(nothing.groups[0]!.measures).toMatchObject({ calls: 0, costUsd: 0, duration: null });
    });

    it('count the errors on the bill', async () => {
      const bill = outcomes.flatMap((outcome) => outcome.bill);
      const failed = outcomes.filter(({ succeeded }) => !succeeded).map(({ bill }) => bill.at(-1)!.status);
      const count = (statuses: readonly number[], status: number): number =>
        statuses.filter((one) => one === status).length;
      const statuses = bill.map(({ status }) => status);
      const expectedTypes = [
        { type: 'rate_limit', calls: count(failed, 429), attempts: count(statuses, 429) },
        { type: 'bad_request', calls: count(failed, 400), attempts: count(statuses, 400) },
      ].sort((one, other) => other.calls - one.calls || other.attempts - one.attempts);
      const whole = await store.errors({ range });
      expect(whole).toMatchObject({ bucketMs: null, types: expectedTypes });
      expect(whole.types).toHaveLength(expectedTypes.length);
      const overTime = await store.errors({ range, bucketMs: 60_000 });
      expect(overTime).toMatchObject({ bucketMs: 60_000, types: expectedTypes });
      for (const { type, calls, attempts, buckets } of overTime.types) {
        const sum = (of: 'calls' | 'attempts'): number =>
          buckets.reduce((all, bucket) => all + bucket[of], 0);
        expect([type, sum('calls'), sum('attempts')]).toEqual([type, calls, attempts]);
        for (const { at } of buckets) expect(at % 60_000).toBe(0);
      }
    });

    it('have buckets for the top groups, and combine the buckets of the others', async () => {
      const query = { range, by: ['tenant'], bucketMs: 3_600_000 } as const;
      const all = await store.measure(query);
      const some = await store.measure({ ...query, top: { groups: 2, by: 'outputTokens' } });
      expect(some.groups.map(({ names, measures }) => [names, measures])).toEqual(
        all.groups.map(({ names, measures }) => [names, measures]),
      );
      const most = all.groups.toSorted((a, b) => b.measures.outputTokens - a.measures.outputTokens);
      for (const [index, { names, buckets }] of most.entries()) {
        const found = some.groups.find((group) => group.names.tenant === names.tenant)!;
        expect(found.buckets).toEqual(index < 2 ? buckets : []);
      }
      const ofOthers = outcomes.filter(({ params }) =>
        most.slice(2).some(({ names }) => names.tenant === params.tenant),
      );
      const { costUsd, inputTokens, outputTokens, retries } = expected(ofOthers);
      const sum = (of: 'costUsd' | 'inputTokens' | 'outputTokens' | 'retries'): number =>
        some.others!.reduce((total, { measures }) => total + measures[of], 0);
      expect(sum('costUsd')).toBeCloseTo(costUsd!, 12);
      expect([sum('inputTokens'), sum('outputTokens'), sum('retries')]).toEqual([
        inputTokens,
        outputTokens,
        retries,
      ]);
    });

    it('include the model without a price and its usage', async () => {
      const own = outcomes.flatMap(({ bill }) =>
        bill.filter(({ model, billed }) => billed && model === UNPRICED),
      );
      expect(await store.unpriced({ range })).toEqual([
        {
          provider: 'openai',
          model: UNPRICED,
          calls: own.length,
          inputTokens: own.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
          outputTokens: own.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
        },
      ]);
    });

    it('have quantiles within 1 % of those of the calls', async () => {
      const { groups } = await store.measure({ range, by: ['feature'], quantiles: true });
      for (const { names, measures } of groups) {
        const records = telemetry.records.filter(({ feature }) => feature === names.feature);
        const exact = (values: number[], share: number): number =>
          values.sort((one, other) => one - other)[Math.max(1, Math.ceil(share * values.length)) - 1]!;
        const durations = records.map(({ durationMs }) => durationMs);
        const firstTokens = records.flatMap(({ timeToFirstTokenMs }) => timeToFirstTokenMs ?? []);
        for (const [quantiles, values] of [
          [measures.duration, durations],
          [measures.firstToken, firstTokens],
        ] as const) {
          expect(quantiles?.count ?? 0).toBe(values.length);
          if (!quantiles) continue;
          expect(Math.abs(quantiles.p50 / exact(values, 0.5) - 1)).toBeLessThanOrEqual(0.0101);
          expect(Math.abs(quantiles.p99 / exact(values, 0.99) - 1)).toBeLessThanOrEqual(0.0101);
        }
      }
    });

    it('belong to calls that are read with the recorded values', async () => {
      const { calls, next } = await store.calls({ range, limit: 1000 });
      expect(next).toBeNull();
      const stored = await Promise.all(calls.map(async ({ id }) => (await store.call(id))!.record));
      expect(stored).toHaveLength(outcomes.length);
      expect(stored).toEqual(expect.arrayContaining(telemetry.records as never[]));
      const recovered = await store.calls({
        range,
        limit: 1000,
        where: { retried: true, outcome: ['ok', 'length'] },
      });
      expect(recovered.calls).toHaveLength(expected(outcomes).recoveredCalls!);
    });
  },
);
