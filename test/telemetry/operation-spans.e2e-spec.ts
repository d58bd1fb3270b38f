import { context, trace, type Attributes, type Span } from '@opentelemetry/api';
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const OURS = 'nestjs-llm-telemetry';
const THEIRS = 'another-library';

/** Spans of a made-up library around requests. `test/tracers` has the real ones. */
describe('an operation span of another library', () => {
  const spans = new CollectedSpans();
  let telemetry: TelemetryApp;
  let openai: OpenAI;

  beforeAll(async () => {
    telemetry = await startTelemetryApp();
    openai = telemetry.get(OpenAI);
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    telemetry.records.length = 0;
  });

  const CHAT = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o-mini' };
  const ask = () => openai.chat.completions.create(chat());
  const run = <T>(work: () => Promise<T>) =>
    telemetry.get(LlmTelemetry).run({ feature: 'spans', operation: 'ask' }, work);

  async function inSpan<T>(attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
    const span = trace.getTracer(THEIRS).startSpan('operation', { attributes });
    const result = await context.with(trace.setSpan(context.active(), span), () => work(span));
    span.end();
    return result;
  }

  /** Returns scopes and operations of the spans with usage, in the order in which they ended. */
  async function withUsage(): Promise<ReadonlyArray<readonly [string, unknown]>> {
    await telemetry.flush();
    const all = await spans.all();
    return all
      .filter(({ attributes }) => attributes['gen_ai.usage.input_tokens'] !== undefined)
      .map(({ instrumentationScope, attributes }) => [
        instrumentationScope.name,
        attributes['gen_ai.operation.name'],
      ]);
  }

  const sumOf = (all: readonly ReadableSpan[], name: string): number =>
    all.reduce((sum, { attributes }) => sum + ((attributes[name] as number | undefined) ?? 0), 0);

  it('gets the usage if it is an ancestor of the active span', async () => {
    await run(() => inSpan(CHAT, () => inSpan({}, () => inSpan({}, ask))));
    expect(await withUsage()).toEqual([[THEIRS, 'chat']]);
  });

  it('gets the usage of the requests inside only, and others keep their own', async () => {
    await run(async () => {
      await ask();
      await inSpan(CHAT, ask);
      await ask();
    });
    expect((await withUsage()).map(([scope]) => scope).sort()).toEqual([THEIRS, OURS, OURS]);
  });

  it('gets no usage if it is an agent, whose usage is a sum', async () => {
    await run(() => inSpan({ 'gen_ai.operation.name': 'invoke_agent' }, ask));
    expect(await withUsage()).toEqual([[OURS, 'chat']]);
  });

  it('gets no usage if it is outside of the call', async () => {
    await inSpan(CHAT, () => run(ask));
    expect(await withUsage()).toEqual([[OURS, 'chat']]);
  });

  it('gets no usage if it contains another operation', async () => {
    const inner = { ...CHAT, 'gen_ai.operation.name': 'generate_content' };
    await run(() => inSpan(CHAT, () => inSpan(inner, ask)));
    expect(await withUsage()).toEqual([[THEIRS, 'generate_content']]);
  });

  it('gets no usage if it belongs to another tracer provider', async () => {
    const other = new TracerProvider().getTracer(THEIRS).startSpan('chat', { attributes: CHAT });
    await run(() => context.with(trace.setSpan(context.active(), other), ask));
    expect(await withUsage()).toEqual([[OURS, 'chat']]);
    expect((other as unknown as ReadableSpan).attributes).toEqual(CHAT);
  });

  it('leaves the usage to the attempt if it has ended without usage', async () => {
    await run(() =>
      inSpan(CHAT, (span) => {
        const response = ask();
        span.end();
        return response;
      }),
    );
    expect(await withUsage()).toEqual([[OURS, 'chat']]);
  });

  it('keeps its own usage if it has ended with usage before the response', async () => {
    await run(() =>
      inSpan(CHAT, (span) => {
        const response = ask();
        span.setAttribute('gen_ai.usage.input_tokens', 10).end();
        return response;
      }),
    );
    expect(await withUsage()).toEqual([[THEIRS, 'chat']]);
  });

  it('leaves the usage to the attempt if it drops attributes', async () => {
    const many = Object.fromEntries(Array.from({ length: 126 }, (_, index) => [`attribute.${index}`, index]));
    await run(() => inSpan({ ...many, ...CHAT }, ask));
    expect(await withUsage()).toEqual([[OURS, 'chat']]);
  });

  it('gets the usage of all its requests once', async () => {
    await run(() =>
      inSpan(CHAT, async () => {
        await ask();
        await ask();
      }),
    );
    expect(await withUsage()).toEqual([[THEIRS, 'chat']]);
    const [record] = telemetry.records;
    const all = await spans.all();
    expect(sumOf(all, 'gen_ai.usage.input_tokens')).toBe(record!.usage!.inputTokens);
    expect(sumOf(all, 'gen_ai.usage.output_tokens')).toBe(record!.usage!.outputTokens);
    expect(sumOf(all, 'gen_ai.usage.cost')).toBeCloseTo(record!.cost.costUsd!, 12);
  });

  it('gets the usage of requests outside of calls', async () => {
    await inSpan(CHAT, ask);
    expect(await withUsage()).toEqual([[THEIRS, 'chat']]);
  });

  it('gets no cost without a price', async () => {
    await run(() => inSpan(CHAT, () => openai.chat.completions.create({ ...chat(), model: 'gpt-unknown' })));
    expect(await withUsage()).toEqual([[THEIRS, 'chat']]);
    for (const { attributes } of await spans.all())
      expect(attributes).not.toHaveProperty('gen_ai.usage.cost');
  });

  it('keeps its own cost', async () => {
    await run(() => inSpan({ ...CHAT, 'gen_ai.usage.cost': 42 }, ask));
    expect(sumOf(await spans.all(), 'gen_ai.usage.cost')).toBe(42);
  });

  it('is found up to 32 spans above the request', async () => {
    const nested = (depth: number): Promise<unknown> =>
      depth === 0 ? ask() : inSpan({}, () => nested(depth - 1));
    await run(() => inSpan(CHAT, () => nested(31)));
    await run(() => inSpan(CHAT, () => nested(32)));
    expect(await withUsage()).toEqual([
      [THEIRS, 'chat'],
      [OURS, 'chat'],
    ]);
  });
});
