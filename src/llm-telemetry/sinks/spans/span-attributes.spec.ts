import { readFileSync } from 'node:fs';
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import { NO_USAGE } from '../../wire/usage.js';
import {
  attemptAttributes,
  callAttributes,
  callStartAttributes,
  setAttemptAttributes,
} from './span-attributes.js';
import type { Semconv } from '../attributes.js';

describe('attributes of an attempt', () => {
  const attempt = {
    provider: 'anthropic',
    providerFinishReasons: [],
    rateLimits: {},
    failure: null,
    cost: null,
    usage: { ...NO_USAGE, inputTokens: 20, cacheWriteTokens5m: 4, cacheWriteTokens1h: 3 },
  } as unknown as AttemptRecord;

  it.each<[Semconv, object]>([
    // With both names, Langfuse counts the tokens twice: https://github.com/langfuse/langfuse, OtelIngestionProcessor.ts.
    ['1.41', { 'gen_ai.usage.cache_creation.input_tokens': 7 }],
    ['both', { 'gen_ai.usage.cache_write.input_tokens': 7, 'gen_ai.usage.cache_creation.input_tokens': 7 }],
    ['latest', { 'gen_ai.usage.cache_write.input_tokens': 7 }],
  ])('use the names of %s for cache writes', (semconv, expected) => {
    const span = new TracerProvider().getTracer('test').startSpan('chat');
    setAttemptAttributes(span, {} as CallRecord, attempt, true, semconv);
    const { attributes } = span as unknown as ReadableSpan;
    const names = Object.keys(attributes).filter((name) => /cache_(write|creation)/.test(name));
    expect(Object.fromEntries(names.map((name) => [name, attributes[name]]))).toEqual(expected);
  });
});

describe('docs/telemetry.md', () => {
  const page = readFileSync('docs/telemetry.md', 'utf8');
  const call = { attempts: [], cost: {}, failure: null, identity: {}, route: null, usage: null };
  const attempt = { providerFinishReasons: [], provider: 'openai', failure: null };

  it.each([
    ...Object.keys(callStartAttributes({ name: { feature: 'a', operation: 'b' }, retryIndex: 0 })),
    ...Object.keys(callAttributes(call as unknown as CallRecord)),
    ...Object.keys(
      attemptAttributes(attempt as unknown as AttemptRecord, call as unknown as CallRecord),
    ).filter((name) => name.startsWith('llm.')),
  ])('describes the span attribute %s', (name) => {
    expect(page).toContain(`\`${name}\``);
  });
});
