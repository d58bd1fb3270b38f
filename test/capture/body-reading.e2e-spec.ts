import type { CallRecord, Usage } from 'nestjs-llm-telemetry';
import {
  accountOfObject,
  accountOfResponse,
  accountOfSecondReadings,
  accountOfStream,
  failureOf,
} from '../support/accounts.js';
import { MODEL_REQUESTS, post, type ModelRequestCase } from '../support/model-requests.js';
import { JSON_READERS, BODY_READERS, type BodyReader } from '../support/body-readers.js';
import { WithAndWithout } from '../support/with-and-without.js';

/** Returns what an application observes when it reads a response. `looked`: it accesses `response.body` first. */
async function read(
  response: Response,
  reading: BodyReader,
  looked: boolean,
  baseUrl: string,
): Promise<object> {
  const before = accountOfResponse(response, baseUrl);
  const streamBefore = looked ? accountOfStream(response) : null;
  const text = await reading(response);
  return {
    before,
    streamBefore,
    text,
    after: accountOfResponse(response, baseUrl),
    streamAfter: accountOfStream(response),
    secondReadings: await accountOfSecondReadings(response),
  };
}

describe('a body that is read', () => {
  const lab = new WithAndWithout();
  beforeAll(() => lab.start());
  afterAll(() => lab.stop());
  beforeEach(() => lab.renew());
  afterEach(() => lab.end());

  async function expectWholeAnswer(record: CallRecord, request: ModelRequestCase): Promise<void> {
    expect(record).toMatchObject({ finishReason: 'stop', failure: null });
    expect(record.attempts).toHaveLength(1);
    const { requestId, usage, ...attempt } = record.attempts[0]!;
    expect(attempt).toMatchObject({
      status: 200,
      ending: 'finished',
      finishReason: 'stop',
      providerFinishReasons: request.finishReasons,
      failure: null,
    });
    const { inputTokens, outputTokens } = lab.with.emulator.ledger.find(requestId!)!;
    expect(usage!.source).toBe(request.usageSource);
    if (request.usageSource === 'provider') {
      expect(usage).toMatchObject({ inputTokens, outputTokens });
      return;
    }
    // Estimates are close to the bill and do not depend on how the body was read.
    expect(Math.abs(usage!.outputTokens / outputTokens - 1)).toBeLessThan(0.35);
    expect(usage).toEqual(await usageReadAsText(request));
  }

  async function usageReadAsText(request: ModelRequestCase): Promise<Usage | null> {
    lab.records.clear();
    await lab.run(async () => (await post(fetch, lab.with.emulator.url, request)).text());
    return (await lab.records.only()).usage;
  }

  describe.each<[string, ModelRequestCase]>(Object.entries(MODEL_REQUESTS))('of %s', (_name, request) => {
    const readings = Object.entries({ ...(request.json ? JSON_READERS : {}), ...BODY_READERS });

    it.each(readings)(
      'through %s is the same as without the library, and is captured completely',
      async (_way, reading) => {
        const { seen, bare, record } = await lab.compare(request, (response, { emulator }) =>
          read(response, reading, false, emulator.url),
        );
        expect(seen).toEqual(bare);
        await expectWholeAnswer(record, request);
      },
    );

    it.each(readings)(
      'through %s is the same as without the library if its stream was accessed before',
      async (_way, reading) => {
        const { seen, bare, record } = await lab.compare(request, (response, { emulator }) =>
          read(response, reading, true, emulator.url),
        );
        expect(seen).toEqual(bare);
        await expectWholeAnswer(record, request);
      },
    );
  });

  describe('in invalid ways', () => {
    const request = MODEL_REQUESTS['an OpenAI stream with usage'];

    it('fails as without the library while a reader locks it, and is captured when the reader continues', async () => {
      const { seen, bare, record } = await lab.compare(request, async (response) => {
        const reader = response.body!.getReader();
        const failures = await accountOfSecondReadings(response);
        let bytes = 0;
        for (let result = await reader.read(); !result.done; result = await reader.read()) {
          bytes += result.value.length;
        }
        return { failures, bytes };
      });
      expect(seen).toEqual(bare);
      expect(seen.failures).toMatchObject({
        text: { class: 'TypeError' },
        'body.cancel': { class: 'TypeError' },
      });
      await expectWholeAnswer(record, request);
    });

    it('fails through a released reader, and is captured through the next one', async () => {
      const { seen, bare, record } = await lab.compare(request, async (response) => {
        const reader = response.body!.getReader();
        reader.releaseLock();
        const failures = [
          await failureOf(() => reader.read()),
          await failureOf(() => reader.cancel()),
          await failureOf(() => reader.closed),
        ];
        return { failures, text: await response.text() };
      });
      expect(seen).toEqual(bare);
      expect(seen.failures).toEqual(
        Array.from({ length: 3 }, () => expect.objectContaining({ class: 'TypeError' })),
      );
      await expectWholeAnswer(record, request);
    });

    it('rejects invalid arguments as without the library, and is captured when it is read afterwards', async () => {
      const { seen, bare, record } = await lab.compare(request, async (response) => {
        const body = response.body!;
        const locked = new TransformStream();
        locked.writable.getWriter();
        const failures = [
          await failureOf(() => body.getReader({ mode: 'other' } as never)),
          await failureOf(() => body.getReader(7 as never)),
          await failureOf(() => body.values(7 as never)),
          await failureOf(() => body.pipeTo({} as never)),
          await failureOf(() => body.pipeTo(locked.writable)),
          await failureOf(() => body.pipeTo(new WritableStream(), { signal: {} as never })),
          await failureOf(() => body.pipeThrough(undefined as never)),
          await failureOf(() => body.pipeThrough({ readable: {}, writable: {} } as never)),
          await failureOf(() => body.pipeThrough(locked)),
          await failureOf(() => body.pipeThrough(new TransformStream(), { signal: 1 as never })),
        ];
        return { failures, stream: accountOfStream(response), text: await response.text() };
      });
      expect(seen).toEqual(bare);
      expect(seen.failures).not.toContain(null);
      await expectWholeAnswer(record, request);
    });

    it('fails as without the library if the application parses it as a form', async () => {
      const { seen, bare, record } = await lab.compare(request, (response) =>
        failureOf(() => response.formData()),
      );
      expect(seen).toEqual(bare);
      expect(seen).toMatchObject({ class: 'TypeError' });
      expect(record.attempts).toHaveLength(1);
    });
  });

  it('returns readers and iterators that reflection cannot distinguish from those of the platform', async () => {
    const { seen, bare } = await lab.compare(MODEL_REQUESTS['an OpenAI stream'], async (response) => {
      const body = response.body!;
      const byob = body.getReader({ mode: 'byob' });
      const byobAccount = accountOfObject(byob);
      byob.releaseLock();
      const reader = body.getReader();
      const readerAccount = [accountOfObject(reader), reader instanceof ReadableStreamDefaultReader];
      reader.releaseLock();
      const iterator = body.values();
      const iteratorAccount = [
        accountOfObject(iterator),
        Object.getPrototypeOf(Object.getPrototypeOf(iterator) as object) ===
          Object.getPrototypeOf(Object.getPrototypeOf(new ReadableStream().values()) as object),
        iterator[Symbol.asyncIterator]() === iterator,
      ];
      await iterator.return!();
      return { byobAccount, readerAccount, iteratorAccount, after: accountOfStream(response) };
    });
    expect(seen).toEqual(bare);
  });
});
