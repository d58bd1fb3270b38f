import { Injectable, Scope } from '@nestjs/common';
import { LlmCall, LlmDecoratorError, LlmTelemetry } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { lastValueFrom } from 'rxjs';
import { chat } from '../support/prompts.js';
import { startTelemetryApp } from '../support/telemetry-app.js';
import { Plain, records, Sales, spans, support, telemetry } from './support/annotated-support.js';

/** Verifies the claims of docs/annotating.md, in the order of the page. */

async function names(): Promise<string[]> {
  return (await records()).map(({ feature, operation }) => `${feature}/${operation}`);
}

describe('features', () => {
  it('records each execution of a method as a call', async () => {
    await support.draftReply();
    await support.draftReply();
    expect(await records()).toMatchObject([{ attempts: [{}] }, { attempts: [{}] }]);
  });

  it('uses the feature of the class and the name of the method as the operation', async () => {
    await support.draftReply();
    expect(await names()).toEqual(['support_chat/draft_reply']);
  });

  it('uses feature, operation and attributes of the options', async () => {
    support.classify('abcd');
    expect(await names()).toEqual(['triage/classify']);
    const [span] = await spans.calls();
    expect(span!.attributes).toMatchObject({ category: 'long' });
    expect(telemetry.records[0]!.attributes).toEqual({ category: 'long' });
  });

  it('throws an LlmDecoratorError with a code for an invalid option when the class is loaded', () => {
    const load = (): unknown => {
      class Invalid {
        @LlmCall({ feature: '' })
        draft(): void {}
      }
      return Invalid;
    };
    expect(load).toThrow(LlmDecoratorError);
    expect(load).toThrow(expect.objectContaining({ code: 'LLM_TELEMETRY_INVALID_DECORATOR' }));
  });

  it.each([Scope.DEFAULT, Scope.REQUEST, Scope.TRANSIENT])(
    'aborts the start of the application for a method without a feature (scope %s)',
    async (scope) => {
      @Injectable({ scope })
      class Nameless {
        @LlmCall()
        draft(): void {}
      }
      await expect(startTelemetryApp({ providers: [Nameless] })).rejects.toThrow(LlmDecoratorError);
    },
  );
});

describe('methods', () => {
  it('supports sync methods, promises, APIPromises, async generators, Observables and streams', async () => {
    support.classify('a');
    await support.draftReply();
    await support.apiPromise();
    for await (const id of support.generator()) expect(id).toEqual(expect.any(String));
    await lastValueFrom(support.observable());
    for await (const chunk of await support.stream()) expect(chunk).toBeDefined();
    expect((await records()).map(({ operation }) => operation).sort()).toEqual(
      ['classify', 'draft_reply', 'api_promise', 'api_promise', 'generator', 'observable', 'stream'].sort(),
    );
  });

  it('returns the object that the method returned', async () => {
    const promise = support.apiPromise();
    expect(promise).toHaveProperty('withResponse');
    const { response } = await promise.withResponse();
    expect(response.status).toBe(200);
  });

  it('ends the span when the work completes, not when the method returns', async () => {
    const stream = await support.stream();
    expect(await spans.calls()).toEqual([]);
    for await (const chunk of stream) expect(chunk).toBeDefined();
    await telemetry.flush();
    expect(await spans.calls()).toHaveLength(1);
  });

  it('keeps the name, length and metadata of the method, with decorators in any order', async () => {
    for (const name of ['above', 'below'] as const) {
      expect([support[name].name, support[name].length]).toEqual([name, 1]);
      expect(Reflect.getMetadata('role', support[name])).toBe('agent');
    }
    expect(support.shouted()).toBe('HELLO');
    expect(await names()).toEqual(['support_chat/shouted']);
  });

  it('records a request outside annotated calls with its cost and the feature "unattributed"', async () => {
    await support.openai.chat.completions.create(chat());
    const [record] = await records();
    expect(record!.feature).toBe('unattributed');
    expect(record!.cost.costUsd).toBeGreaterThan(0);
  });
});

describe('inheritance', () => {
  it('uses the feature of the class that the method is called on, or of the nearest base class', async () => {
    telemetry.get(Sales).shouted();
    telemetry.get(Plain).shouted();
    expect(await names()).toEqual(['sales_chat/shouted', 'support_chat/shouted']);
  });

  it('prefers the feature of @LlmCall to that of the class', async () => {
    telemetry.get(Sales).classify('a');
    expect(await names()).toEqual(['triage/classify']);
  });

  it('does not record an override that is not annotated', async () => {
    telemetry.get(Plain).byHand();
    expect(await names()).toEqual([]);
  });

  it('records an override and its super method as nested calls without counting costs twice', async () => {
    await telemetry.get(Sales).draftReply();
    expect(await names()).toEqual(['sales_chat/draft_reply', 'sales_chat/sales_reply']);
    expect((await records()).map(({ attempts }) => attempts.length)).toEqual([1, 0]);
    expect((await records()).map(({ cost }) => (cost.costUsd ?? 0) > 0)).toEqual([true, false]);
  });
});

describe('inside an annotated method', () => {
  it('adds attributes to the span and records a model that is not called over HTTP', async () => {
    support.byHand();
    const [span] = await spans.calls();
    expect(span!.attributes).toMatchObject({ 'ticket.priority': 'high', 'llm.model': 'gpt-4o-mini' });
    expect((await records())[0]).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 1000 } });
  });

  it('records a failure that the method handles', async () => {
    expect(support.handled()).toBe('fallback');
    expect((await records())[0]!.failure).toEqual({ type: 'parse', errorClass: 'RangeError' });
  });
});

describe('without a decorator', () => {
  it('records a function as a call', async () => {
    const llm = telemetry.app.get(LlmTelemetry, { strict: false });
    await llm.run({ feature: 'jobs', operation: 'nightly' }, () =>
      support.openai.chat.completions.create(chat()),
    );
    expect((await records()).map(({ feature, attempts }) => [feature, attempts.length])).toEqual([
      ['jobs', 1],
    ]);
  });

  it('ends the calls whose methods have returned when flush is called', async () => {
    const llm = telemetry.app.get(LlmTelemetry, { strict: false });
    const stream = await support.stream();
    const generator = support.generator();
    await generator.next();
    await llm.flush();
    expect(telemetry.records.map(({ operation }) => operation)).toEqual(['api_promise', 'stream']);
    expect(await generator.next()).toEqual({ done: true, value: undefined });
    expect(telemetry.records.map(({ operation }) => operation)).toContain('generator');
    for await (const chunk of stream) expect(chunk).toBeDefined();
  });

  it('accepts retry and attributes', async () => {
    const llm = telemetry.app.get(LlmTelemetry, { strict: false });
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await llm.run({ feature: 'jobs', operation: 'nightly', retry: 1, attributes: () => ({ night: 1 }) }, () =>
      support.openai.chat.completions.create(chat()),
    );
    expect((await records()).map(({ retryIndex, attributes }) => [retryIndex, attributes])).toEqual([
      [0, {}],
      [1, { night: 1 }],
    ]);
  });

  it('captures clients with a wrapped custom fetch', async () => {
    const llm = telemetry.app.get(LlmTelemetry, { strict: false });
    const openai = new OpenAI({
      apiKey: 'sk-any',
      baseURL: telemetry.emulator.openaiBaseUrl,
      fetch: llm.wrapFetch((url, init) => fetch(url, init)),
    });
    await openai.chat.completions.create(chat());
    const attempts = (await records()).flatMap((record) => record.attempts);
    expect(attempts).toHaveLength(1);
  });
});
