import { Injectable } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import { LlmCall, type AttemptRecord } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const CALLS = 600;

/** USD per million tokens, from the providers' price lists (November 2026). */
const PRICES: Record<string, { input: number; cached: number; write: number; output: number }> = {
  'gpt-4o-mini-2024-07-18': { input: 0.15, cached: 0.075, write: 0, output: 0.6 },
  'claude-haiku-4-5-20251001': { input: 1, cached: 0.1, write: 1.25, output: 5 },
};

@Injectable()
class Traffic {
  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'traffic', operation: 'mixed' })
  async send(index: number): Promise<void> {
    const text = `Order #${1000 + (index % 37)}: ${(index % 9) + 1} x Lamp, ${(index % 4) + 1} x ${'long '.repeat(index % 50)}cable.`;
    const stream = index % 3 === 0;
    const headers = index % 30 === 0 ? { 'x-emulator-fault': 'cut after=6' } : {};
    if (index % 2 === 0) {
      const body = {
        model: 'gpt-4o-mini',
        max_tokens: 20 + (index % 60),
        messages: [{ role: 'user' as const, content: text }],
      };
      if (!stream) return void (await this.openai.chat.completions.create(body));
      const chunks = await this.openai.chat.completions.create(
        {
          ...body,
          stream: true,
          stream_options: { include_usage: true },
        },
        { headers },
      );
      for await (const chunk of chunks) void chunk;
      return;
    }
    const body = {
      model: 'claude-haiku-4-5',
      max_tokens: 20 + (index % 60),
      system: [
        {
          type: 'text' as const,
          text: `You summarize orders. ${'Be brief. '.repeat(300)}`,
          cache_control: { type: 'ephemeral' as const },
        },
      ],
      messages: [{ role: 'user' as const, content: text }],
    };
    if (!stream) return void (await this.anthropic.messages.create(body));
    for await (const event of await this.anthropic.messages.create({ ...body, stream: true })) void event;
  }
}

describe('tokens and costs', () => {
  let telemetry: TelemetryApp;
  let attempts: AttemptRecord[];
  let ledger: ReadonlyMap<string, LedgerEntry>;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({
      providers: [Traffic],
      emulatorOptions: {
        seed: 7,
        cachedTokens: true,
        rates: { rate_limit: 0.05, server_error: 0.03, cut: 0.02 },
      },
    });
    const traffic = telemetry.get(Traffic);
    for (let start = 0; start < CALLS; start += 50) {
      await Promise.allSettled(Array.from({ length: 50 }, (_, index) => traffic.send(start + index)));
    }
    await telemetry.flush();
    attempts = telemetry.records.flatMap((record) => record.attempts);
    ledger = new Map(telemetry.emulator.ledger.entries().map((entry) => [entry.requestId, entry]));
  }, 60_000);
  afterAll(() => telemetry.stop());

  const completed = (): Array<[AttemptRecord, LedgerEntry]> =>
    attempts
      .map((attempt): [AttemptRecord, LedgerEntry] => [attempt, ledger.get(attempt.requestId!)!])
      .filter(([, entry]) => entry?.completed && entry.billed);

  it('are recorded for every billed request and for no other', () => {
    expect(attempts).toHaveLength(CALLS);
    const onBill = [...ledger.values()].filter(({ billed }) => billed).map(({ requestId }) => requestId);
    const withUsage = attempts.filter(({ usage }) => usage !== null).map(({ requestId }) => requestId);
    expect(withUsage.sort()).toEqual(onBill.sort());
    expect(onBill.length).toBeLessThan(CALLS);
  });

  it('match the billed tokens of each completed request', () => {
    const pairs = completed();
    expect(pairs.length).toBeGreaterThan(CALLS * 0.8);
    for (const [attempt, entry] of pairs) {
      const { usage } = attempt;
      expect([
        attempt.requestId,
        usage!.source,
        usage!.inputTokens,
        usage!.cachedInputTokens,
        usage!.cacheWriteTokens5m,
        usage!.outputTokens,
      ]).toEqual([
        entry.requestId,
        'provider',
        entry.inputTokens,
        entry.cachedInputTokens,
        entry.provider === 'anthropic' ? entry.cacheWriteTokens : 0,
        entry.outputTokens,
      ]);
    }
    expect(pairs.some(([, entry]) => entry.cachedInputTokens > 0)).toBe(true);
  });

  it('match the price list for each completed request', () => {
    for (const [attempt, entry] of completed()) {
      const price = PRICES[entry.model]!;
      const fresh = entry.inputTokens - entry.cachedInputTokens - entry.cacheWriteTokens;
      const millionths =
        fresh * price.input +
        entry.cachedInputTokens * price.cached +
        entry.cacheWriteTokens * price.write +
        entry.outputTokens * price.output;
      const cost = attempt.cost!;
      expect(cost.source).toBe('table');
      expect(cost.source === 'unknown' ? null : cost.costUsd).toBeCloseTo(millionths / 1e6, 12);
    }
  });

  it('are estimated and flagged for streams that were cut', () => {
    const cut = attempts.filter(({ failure }) => failure?.type === 'stream_cut');
    expect(cut.length).toBeGreaterThan(0);
    for (const { usage } of cut) expect(usage!.source).toBe('estimated');
  });
});
