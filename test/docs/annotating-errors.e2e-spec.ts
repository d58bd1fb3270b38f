import { SpanKind, trace } from '@opentelemetry/api';
import OpenAI from 'openai';
import request from 'supertest';
import { records, spans, support, telemetry } from './support/annotated-support.js';

/** Verifies the claims of docs/annotating.md on retries, error responses and HTTP requests. */

describe('retries', () => {
  it('does not retry a method without the option', async () => {
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0 });
    await expect(support.draftReply()).rejects.toThrow(OpenAI.APIError);
    expect(support.runs).toBe(1);
  });

  it.each(['rate_limit', 'overloaded', 'server_error'] as const)(
    'retries a method after %s and records each run as a separate call',
    async (kind) => {
      telemetry.emulator.program({ kind, retryAfter: 0 });
      await support.retried();
      expect((await records()).map(({ retryIndex, failure }) => [retryIndex, failure?.type])).toEqual([
        [0, kind],
        [1, undefined],
      ]);
    },
  );

  it('does not retry a method after an error that is not transient', async () => {
    telemetry.emulator.program({ kind: 'auth' });
    await expect(support.retried()).rejects.toThrow(OpenAI.AuthenticationError);
    expect(support.runs).toBe(1);
  });

  it('waits for the delay in retry-after', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 1 });
    await support.retried();
    const [first, second] = await records();
    expect(second!.startedAt - (first!.startedAt + first!.durationMs)).toBeGreaterThanOrEqual(950);
  });

  it('does not wait longer than maxDelayMs', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 2 });
    await expect(support.impatient()).rejects.toThrow(OpenAI.RateLimitError);
    expect(support.runs).toBe(1);
  });

  it('throws the error immediately if retry-after exceeds the default of 30 s', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 31 });
    await expect(support.retried()).rejects.toThrow(OpenAI.RateLimitError);
    expect(support.runs).toBe(1);
  });

  describe('waits', () => {
    const waits: number[] = [];
    const { setTimeout } = globalThis;
    beforeEach(() => {
      waits.length = 0;
      // Other timers, such as the timeouts of the SDK and of Jest, keep their time.
      globalThis.setTimeout = ((work: () => void, ms: number) => {
        const isWait = new Error('stack').stack!.split('\n')[2]!.includes('calls/methods/retry.');
        if (isWait) waits.push(ms);
        return setTimeout(work, isWait ? 0 : ms);
      }) as typeof setTimeout;
    });
    afterEach(() => {
      globalThis.setTimeout = setTimeout;
    });

    it('waits 30 s if retry-after is 30 s', async () => {
      telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 30 });
      await support.retried();
      expect(waits).toEqual([30_000]);
    });

    it('waits 500 ms and then twice as long each time, minus a jitter of up to one half', async () => {
      telemetry.emulator.program({ kind: 'server_error', times: 3 });
      await support.impatient();
      expect(waits).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
      for (const [index, most] of [500, 1000, 1000].entries()) {
        expect(waits[index]).toBeGreaterThanOrEqual(most / 2);
        expect(waits[index]).toBeLessThanOrEqual(most);
      }
    });
  });

  it('does not retry a generator after its first value', async () => {
    const read = async (): Promise<void> => {
      for await (const piece of support.retriedStream('[emulate cut after=2] Hello.'))
        expect(piece).toEqual(expect.any(String));
    };
    await expect(read()).rejects.toThrow();
    expect(support.runs).toBe(1);
  });
});

describe('error responses', () => {
  const get = (path: string): request.Test => request(telemetry.app.getHttpServer() as never).get(path);

  it('responds to a model error with 503, Retry-After and a body without provider text', async () => {
    telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 7 });
    const { body, headers } = await get('/replies').expect(503);
    expect(body).toEqual({
      statusCode: 503,
      message: 'Summary service unavailable',
      errorType: 'rate_limit',
    });
    expect(headers['retry-after']).toBe('7');
  });

  it('responds to a timeout with 504', async () => {
    const { body } = await get('/replies/timeout').expect(504);
    expect(body).toMatchObject({ statusCode: 504, errorType: 'timeout' });
  });

  it('leaves all other errors to NestJS', async () => {
    const { body } = await get('/replies/bug').expect(500);
    expect(body).toEqual({ statusCode: 500, message: 'Internal server error' });
  });
});

describe('HTTP requests', () => {
  it('names the HTTP server span after the route and adds the totals of the request', async () => {
    const server = telemetry.app.getHttpAdapter().getHttpServer() as import('node:http').Server;
    const [listener] = server.listeners('request') as Array<(...args: unknown[]) => void>;
    // Replaces the HTTP instrumentation: starts a server span for each request.
    server.removeAllListeners('request');
    server.on('request', (incoming, response) =>
      trace.getTracer('http').startActiveSpan('GET', { kind: SpanKind.SERVER }, (span) => {
        response.once('finish', () => span.end());
        listener!(incoming, response);
      }),
    );
    const [span] = await Promise.all([
      spans.next(({ kind }) => kind === SpanKind.SERVER),
      request(server).get('/replies').expect(200),
    ]);
    expect(span.name).toBe('GET /replies');
    expect(span.attributes).toMatchObject({ 'http.route': '/replies', 'llm.request.calls': 1 });
  });
});
