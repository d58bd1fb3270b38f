import { Controller, Inject, Param, Post } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import { LlmTelemetry, LlmTelemetryQueries } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import request from 'supertest';
import type {
  Breakdown,
  CallDetail,
  CallPage,
  Errors,
  Measures,
  Quality,
  Retries,
  Summary,
  Timeline,
} from '../../src/llm-telemetry/dashboard/api/index.js';
import { costOf, PRICE_LIST, sumOf } from '../support/bill.js';
import { PLATFORMS, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Exceeds the minimum length of cached prompts. */
const LONG_INSTRUCTIONS = 'You summarize orders. Be brief. '.repeat(200);

const CALLS = { summaries: 60, triage: 40, routing: 10 };
type Feature = keyof typeof CALLS;

@Controller('traffic')
class TrafficController {
  constructor(
    @Inject(LlmTelemetry) private readonly telemetry: LlmTelemetry,
    @Inject(OpenAI) private readonly openai: OpenAI,
    @Inject(Anthropic) private readonly anthropic: Anthropic,
  ) {}

  @Post(':feature')
  async send(@Param('feature') feature: Feature): Promise<string> {
    const all = Array.from({ length: CALLS[feature] }, (_, index) => this.one(feature, index));
    return `${(await Promise.allSettled(all)).length}`;
  }

  private one(feature: Feature, index: number): Promise<unknown> {
    const content = `Order #${index}: ${'1 x Lamp, '.repeat(index % 20)} 2 x Cable.`;
    const body = { max_tokens: 15 + (index % 60), messages: [{ role: 'user' as const, content }] };
    const operation = index % 3 === 0 ? 'short' : 'long';
    return this.telemetry.run({ feature, operation }, async () => {
      if (feature === 'triage') return this.anthropic.messages.create({ ...body, model: 'claude-haiku-4-5' });
      const model = feature === 'routing' ? 'qwen3-32b' : 'gpt-4o-mini';
      const messages = [{ role: 'system' as const, content: LONG_INSTRUCTIONS }, ...body.messages];
      return this.openai.chat.completions.create({ ...body, messages, model });
    });
  }
}

/** Returns the measures that the dashboard must show for entries of the bill. */
function billOf(entries: readonly LedgerEntry[], calls: number): Partial<Measures> {
  const sum = (of: (entry: LedgerEntry) => number): number => sumOf(entries, of);
  const count = (of: (entry: LedgerEntry) => boolean): number => entries.filter(of).length;
  return {
    calls,
    failed: calls - count(({ completed }) => completed),
    truncated: count(({ finish }) => finish === 'length' || finish === 'max_tokens'),
    costUsd: expect.closeTo(
      sum((entry) => costOf(entry)),
      10,
    ) as number,
    billedCalls: count(({ billed }) => billed),
    unpricedCalls: count(({ billed, model }) => billed && !PRICE_LIST[model]),
    missingUsageCalls: 0,
    estimatedUsageCalls: 0,
    inputTokens: sum(({ inputTokens }) => inputTokens),
    cachedInputTokens: sum(({ cachedInputTokens }) => cachedInputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    attempts: entries.length,
    retries: count(({ retryCount }) => retryCount > 0),
    rateLimitedAttempts: count(({ status }) => status === 429),
    retriedCalls: count(({ retryCount }) => retryCount === 1),
    recoveredCalls: count(({ retryCount, completed }) => retryCount > 0 && completed),
  };
}

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)(
  'responses of the API on %s',
  (platform) => {
    let telemetry: TelemetryApp;
    const bills = new Map<Feature, readonly LedgerEntry[]>();
    beforeAll(async () => {
      telemetry = await startTelemetryApp({
        platform,
        controllers: [TrafficController],
        options: { store: 'memory', requestContext: () => ({ tenantId: 'acme' }) },
        emulatorOptions: { seed: 11, cachedTokens: true, rates: { rate_limit: 0.12, server_error: 0.05 } },
        maxRetries: 1,
      });
      let before = 0;
      for (const feature of Object.keys(CALLS) as Feature[]) {
        await request(telemetry.app.getHttpServer())
          .post(`/traffic/${feature}`)
          .expect(String(CALLS[feature]));
        const entries = telemetry.emulator.ledger.entries();
        bills.set(feature, entries.slice(before));
        before = entries.length;
      }
      await telemetry.flush();
    }, 60_000);
    afterAll(() => telemetry.stop());

    const ask = async <T>(path: string): Promise<T> => {
      const { status, body } = await request(telemetry.app.getHttpServer()).get(`/llm/api/${path}`);
      expect([path, status]).toEqual([path, 200]);
      return body as T;
    };
    const all = (): readonly LedgerEntry[] => [...bills.values()].flat();
    const allCalls = Object.values(CALLS).reduce((sum, count) => sum + count, 0);

    it('equal the bill for the summary', async () => {
      const summary = await ask<Summary>('summary');
      expect(summary).toMatchObject(billOf(all(), allCalls));
      expect(summary.before).toMatchObject(billOf([], 0));
      expect(summary.duration).toMatchObject({ count: allCalls });
      expect(summary.retries).toBeGreaterThan(0);
      expect(summary.truncated).toBeGreaterThan(0);
      expect(summary.cachedInputTokens).toBeGreaterThan(0);
      expect(await telemetry.get(LlmTelemetryQueries).summary()).toMatchObject(billOf(all(), allCalls));
    });

    it('equal the bill for each feature and model', async () => {
      const { groups } = await ask<Breakdown>('breakdown?by=feature');
      expect(groups.map(({ names }) => names.feature)).toHaveLength(3);
      for (const { names, measures } of groups) {
        const feature = names.feature as Feature;
        expect(measures).toMatchObject(billOf(bills.get(feature)!, CALLS[feature]));
      }
      const models = await ask<Breakdown>('breakdown?by=provider&by=model');
      for (const { names, measures } of models.groups) {
        const answered = all().filter(({ model, billed }) => billed && model === names.model);
        expect([names.model, measures.outputTokens, measures.costUsd]).toEqual([
          names.model,
          sumOf(answered, ({ outputTokens }) => outputTokens),
          expect.closeTo(
            sumOf(answered, (entry) => costOf(entry)),
            10,
          ),
        ]);
      }
    });

    it('equal the bill for routes and tenants', async () => {
      for (const [by, name] of [
        ['route', 'POST /traffic/:feature'],
        ['tenant', 'acme'],
      ] as const) {
        const { groups, total } = await ask<Breakdown>(`breakdown?by=${by}`);
        expect(groups).toMatchObject([{ names: { [by]: name }, measures: billOf(all(), allCalls) }]);
        expect(total).toMatchObject(billOf(all(), allCalls));
      }
      const { total } = await ask<Timeline>('timeline?by=route&metric=calls');
      expect(total.calls!.reduce<number>((sum, calls) => sum + (calls ?? 0), 0)).toBe(allCalls);
    });

    it('add up to the bill over time, including the current minute', async () => {
      const from = new Date(Date.now() - 3_600_000).toISOString();
      const timeline = await ask<Timeline>(
        `timeline?by=feature&metric=calls&metric=inputTokens&metric=duration.p99&bucket=1m&from=${from}`,
      );
      const sum = (values: ReadonlyArray<number | null> | undefined): number =>
        values!.reduce<number>((all, value) => all + (value ?? 0), 0);
      expect(sum(timeline.total.calls)).toBe(allCalls);
      expect(sum(timeline.total.inputTokens)).toBe(billOf(all(), allCalls).inputTokens);
      for (const { names, values } of timeline.groups)
        expect(sum(values.inputTokens)).toBe(billOf(bills.get(names.feature as Feature)!, 0).inputTokens);
      expect(timeline.at.at(-1)!).toBeLessThanOrEqual(timeline.asOf);
      expect(timeline.at.length).toBe(timeline.total.calls!.length);
    });

    it('contain the errors and retries of requests that the provider rejected', async () => {
      const refusals = all().filter(({ status }) => status === 429);
      const errors = await ask<Errors>('errors?bucket=1h');
      const limited = errors.types.find(({ type }) => type === 'rate_limit')!;
      expect(limited.attempts).toBe(refusals.length);
      expect(limited.values.reduce((sum, calls) => sum + calls, 0)).toBe(limited.calls);
      expect(errors.types.reduce((sum, { calls }) => sum + calls, 0)).toBe(billOf(all(), allCalls).failed);
      const retries = await ask<Retries>('retries');
      const { retriedCalls, recoveredCalls } = billOf(all(), allCalls);
      expect(retries).toMatchObject({ retriedCalls, recoveredCalls });
      expect(retries.retryTimeMs).toBeGreaterThan(0);
      expect(retries.reasons.find(({ type }) => type === 'rate_limit')).toMatchObject({
        attempts: refusals.length,
      });
    });

    it('name the model without a price in the quality report', async () => {
      const unpriced = bills.get('routing')!.filter(({ billed }) => billed);
      expect(await ask<Quality>('quality')).toMatchObject({
        lowerBound: true,
        unpricedCalls: unpriced.length,
        unpricedModels: [
          {
            calls: unpriced.length,
            inputTokens: sumOf(unpriced, ({ inputTokens }) => inputTokens),
          },
        ],
        dropped: 0,
      });
    });

    it('contain each request of the bill once in the list of calls', async () => {
      const rows: CallPage['calls'][number][] = [];
      const to = new Date(Date.now() + 60_000).toISOString();
      for (let cursor: string | null = ''; cursor !== null;) {
        const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: CallPage = await ask<CallPage>(`calls?limit=40&to=${to}${after}`);
        rows.push(...page.calls);
        cursor = page.next;
      }
      expect(rows).toHaveLength(allCalls);
      const requestIds: string[] = [];
      for (const { id } of rows) {
        const { record } = await ask<CallDetail>(`calls/${id}`);
        requestIds.push(...record.attempts.map((attempt) => attempt.requestId!));
      }
      expect(requestIds.sort()).toEqual(
        all()
          .map(({ requestId }) => requestId)
          .sort(),
      );
    });

    it('contain exactly the calls that match the filters', async () => {
      const failures = await ask<CallPage>('calls?outcome=failed&limit=1000');
      expect(failures.calls).toHaveLength(billOf(all(), allCalls).failed!);
      const retried = await ask<CallPage>('calls?retried=true&limit=1000');
      expect(retried.calls).toHaveLength(billOf(all(), allCalls).retriedCalls!);
      const routing = await ask<CallPage>('calls?feature=routing&limit=1000');
      expect(routing.calls).toHaveLength(CALLS.routing);
      const { text } = await request(telemetry.app.getHttpServer()).get(
        '/llm/api/calls.ndjson?feature=triage',
      );
      expect(text.trimEnd().split('\n')).toHaveLength(CALLS.triage);
    });

    it.each(['cursor=abc', 'cursor=0', 'cursor=-1', 'cursor=%00', `cursor=${'9'.repeat(100)}`])(
      'have status 400 for the list with %s',
      async (query) => {
        const { status } = await request(telemetry.app.getHttpServer()).get(`/llm/api/calls?${query}`);
        expect(status).toBe(400);
      },
    );
  },
);
