import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CallRecord } from 'nestjs-llm-telemetry';
import { failureOf } from '../support/accounts.js';
import { bareFetch } from '../support/bare-fetch.js';
import { PARTIAL_READS } from '../support/partial-reads.js';
import { MODEL_REQUESTS, post, STREAM_REQUESTS, type ModelRequestCase } from '../support/model-requests.js';
import { JSON_READERS, BODY_READERS } from '../support/body-readers.js';
import { WithAndWithout } from '../support/with-and-without.js';

/** The provider sends the beginning of a response, then stalls until the client disconnects. */
const ENDLESS = 'Tell me about the [emulate stall after=20] weather.';

describe('a body that is not read to the end', () => {
  const lab = new WithAndWithout();
  beforeAll(() => lab.start());
  afterAll(() => lab.stop());
  beforeEach(() => lab.renew());
  afterEach(() => lab.end());

  describe.each(STREAM_REQUESTS)('of %s', (_name, request) => {
    it.each(Object.entries(PARTIAL_READS))(
      'closes its connection and has estimated tokens if the application leaves it by %s',
      async (_way, leave) => {
        const { seen, bare, record } = await lab.compare(
          request,
          async (response) => [await leave(response), response.bodyUsed, response.body!.locked],
          ENDLESS,
        );
        expect(seen).toEqual(bare);
        const bills = await Promise.all([lab.with.billed, lab.without.billed]);
        expect(bills).toMatchObject([{ completed: false }, { completed: false }]);

        expect(record).toMatchObject({ finishReason: 'cancelled', failure: null });
        expect(record.attempts).toMatchObject([
          { requestId: bills[0].requestId, ending: 'left', finishReason: 'cancelled', failure: null },
        ]);
        expect(record.usage).toMatchObject({ source: 'estimated', outputTokens: expect.any(Number) });
        // Anthropic reports input tokens at the start of the stream.
        if (request.path === '/v1/messages') expect(record.usage!.inputTokens).toBe(bills[0].inputTokens);
        else expect(record.usage!.inputTokens).toBeGreaterThan(0);
      },
    );

    it('has an unknown number of output tokens if it is cancelled before anything is read', async () => {
      const { seen, bare, record } = await lab.compare(request, ({ body }) => body!.cancel('no'), ENDLESS);
      expect(seen).toBe(bare);
      expect(await lab.with.billed).toMatchObject({ completed: false });
      expect(record).toMatchObject({
        finishReason: 'cancelled',
        failure: null,
        usage: { source: 'missing' },
      });
    });

    it('rejects with the same error if it is aborted after a chunk, and is not recorded as a provider failure', async () => {
      const reason = new Error('the user has gone');
      const { seen, bare } = await lab.both(async ({ fetch, emulator }) => {
        const controller = new AbortController();
        const { signal } = controller;
        const response = await post(fetch, emulator.url, request, { prompt: ENDLESS, signal });
        const reader = response.body!.getReader();
        await reader.read();
        const pending = failureOf(() => drain(reader));
        controller.abort(reason);
        return { pending: await pending, closed: await failureOf(() => reader.closed) };
      });
      expect(seen).toEqual(bare);
      expect(seen.pending).toMatchObject({ message: 'the user has gone' });
      expect(await lab.with.billed).toMatchObject({ completed: false });
      expect(await lab.records.only()).toMatchObject({
        finishReason: 'cancelled',
        failure: null,
        usage: { source: 'estimated' },
        attempts: [{ ending: 'aborted', failure: { type: 'aborted' } }],
      });
    });
  });

  async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    for (let result = await reader.read(); !result.done;) result = await reader.read();
  }

  it('rejects with the reason of the signal and costs nothing if it is aborted before the headers arrive', async () => {
    const reason = new Error('the user has gone');
    let controller = new AbortController();
    const server = createServer(() => controller.abort(reason)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { seen, bare } = await lab.both(({ fetch }) => {
      controller = new AbortController();
      return post(fetch, url, MODEL_REQUESTS['OpenAI JSON'], { signal: controller.signal }).then(
        () => null,
        (error: unknown) => error,
      );
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(seen).toBe(reason);
    expect(bare).toBe(reason);
    expect(await lab.records.only()).toMatchObject({
      finishReason: 'cancelled',
      failure: null,
      usage: null,
      attempts: [{ status: null, ending: 'aborted', failure: { type: 'aborted' }, usage: null }],
    });
  });

  it('is aborted by the signal of its Request', async () => {
    const { seen, bare } = await lab.both(async ({ fetch, emulator }) => {
      const controller = new AbortController();
      const { path, headers, body } = MODEL_REQUESTS['an OpenAI stream'];
      const init = {
        method: 'POST',
        headers,
        body: JSON.stringify(body(ENDLESS)),
        signal: controller.signal,
      };
      const response = await fetch(new Request(emulator.url + path, init));
      const reader = response.body!.getReader();
      await reader.read();
      controller.abort();
      return failureOf(() => drain(reader));
    });
    expect(seen).toEqual(bare);
    expect(seen).toMatchObject({ name: 'AbortError' });
    expect(await lab.records.only()).toMatchObject({ attempts: [{ ending: 'aborted' }] });
  });

  it('can be read after its call has ended', async () => {
    const request = MODEL_REQUESTS['OpenAI JSON'];
    let kept: Response | undefined;
    await lab.run(async () => {
      kept = await post(fetch, lab.with.emulator.url, request);
    });
    expect(lab.records.now).toEqual([]);
    await lab.telemetry.flush();
    const record = await lab.records.only();
    expect(record).toMatchObject({ finishReason: 'unread', failure: null, usage: { source: 'missing' } });
    expect(record.usage).toMatchObject({ inputTokens: 0, cachedInputTokens: null, reasoningTokens: null });
    expect(record.attempts).toMatchObject([{ ending: 'unread', status: 200 }]);

    const bare = await post(bareFetch, lab.without.emulator.url, request);
    expect(await kept!.text()).toBe(await bare.text());
    expect(lab.records.now).toEqual([record]);
  });

  it('is recorded as left if its call is flushed during reading, and can still be read to the end', async () => {
    const request = MODEL_REQUESTS['an OpenAI stream'];
    let rest: AsyncIterator<Uint8Array> | undefined;
    await lab.run(async () => {
      rest = (await post(fetch, lab.with.emulator.url, request)).body!.values();
      await rest.next();
    });
    expect(lab.records.now).toEqual([]);
    await lab.telemetry.flush();
    expect(await lab.records.only()).toMatchObject({ attempts: [{ ending: 'left' }] });
    let last = '';
    for (let step = await rest!.next(); !step.done; step = await rest!.next()) {
      last = Buffer.from(step.value).toString();
    }
    expect(last).toMatch(/data: \[DONE]\n\n$/);
  });

  it.each(STREAM_REQUESTS)(
    'of %s that is read up to its last event is recorded as read to the end',
    async (_name, request) => {
      const readUpTo = async (last: RegExp): Promise<CallRecord> => {
        lab.records.clear();
        await lab.run(async () => {
          const reader = (await post(fetch, lab.with.emulator.url, request)).body!.getReader();
          for (let text = ''; !last.test(text);) {
            const { done, value } = await reader.read();
            if (done) break;
            text += Buffer.from(value).toString();
          }
          reader.releaseLock();
        });
        await lab.telemetry.flush();
        return lab.records.only();
      };
      const { usage } = await readUpTo(/never/);
      expect(await readUpTo(/\[DONE]|message_stop"}/)).toMatchObject({
        finishReason: 'stop',
        usage,
        attempts: [{ ending: 'finished', providerFinishReasons: request.finishReasons }],
      });
    },
  );

  describe.each<[string, ModelRequestCase]>(Object.entries(MODEL_REQUESTS))('of %s', (_name, request) => {
    const readings = Object.entries({ ...(request.json ? JSON_READERS : {}), ...BODY_READERS });

    it.each(readings)(
      'rejects with the same error as without the library if it is cut during reading through %s',
      async (_way, reading) => {
        const { seen, bare, record } = await lab.compare(
          request,
          (response) => failureOf(() => reading(response)),
          'Say hello. [emulate cut after=5]',
        );
        expect(seen).not.toBeNull();
        expect(seen).toEqual(bare);
        expect(record.attempts).toMatchObject([
          { status: 200, ending: 'cut', finishReason: null, failure: { type: 'stream_cut' } },
        ]);
        const { usage, cost } = record.attempts[0]!;
        expect(usage).toMatchObject({ source: 'estimated', reasoningTokens: null });
        expect(usage!.inputTokens).toBeGreaterThan(0);
        // No chunk of a stream that is read as a whole was observed; a JSON response announces its length.
        if (request.json) expect(usage!.outputTokens).toBeGreaterThan(0);
        expect(cost).toMatchObject({ source: 'table' });
      },
    );
  });
});
