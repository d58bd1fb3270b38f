import { bareFetch } from './support/bare-fetch.js';
import { LlmTelemetry, type AttemptRecord, type CallRecord } from 'nestjs-llm-telemetry';
import { startProviderEmulator, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import { MODEL_REQUESTS, post, type ModelRequestCase } from './support/model-requests.js';
import { JSON_READINGS, READINGS, type Reading } from './support/readings.js';
import { ComingRecords } from './support/coming-records.js';
import { startTelemetryApp, type TelemetryApp } from './support/telemetry-app.js';

/** Whether the application has looked at `response.body` before it reads: an observed stream, or not yet. */
const LOOKED = [false, true];

/** All that can be told of a response from outside, without making its stream. */
function outside(response: Response, baseUrl: string): object {
  const inherited: string[] = [];
  for (const key in response) inherited.push(key);
  return {
    isResponse: response instanceof Response,
    ownKeys: Reflect.ownKeys(response),
    inherited: inherited.toSorted(),
    tag: Object.prototype.toString.call(response),
    className: response.constructor.name,
    url: response.url.replace(baseUrl, ''),
    status: [response.status, response.ok, response.statusText, response.type, response.redirected],
    headers: [...response.headers].filter(([name]) => name !== 'date'),
    bodyUsed: response.bodyUsed,
  };
}

function stream(response: Response): object {
  const { body } = response;
  return {
    isStream: body instanceof ReadableStream,
    isSame: response.body === body,
    ownKeys: Object.keys(body!),
    tag: Object.prototype.toString.call(body),
    locked: body!.locked,
    bodyUsed: response.bodyUsed,
  };
}

async function failureOf(action: () => unknown): Promise<object | null> {
  try {
    await action();
    return null;
  } catch (error) {
    const { constructor, message, name } = error as Error;
    return { class: constructor.name, name, message };
  }
}

/** What an application can see of an answer that it reads in one way. */
async function accountOf(response: Response, reading: Reading, looked: boolean, url: string): Promise<object> {
  const before = outside(response, url);
  const streamBefore = looked ? stream(response) : null;
  const text = await reading(response);
  return {
    before,
    streamBefore,
    text,
    after: outside(response, url),
    streamAfter: stream(response),
    secondReadings: {
      text: await failureOf(() => response.text()),
      json: await failureOf(() => response.json()),
      bytes: await failureOf(() => response.bytes()),
      blob: await failureOf(() => response.blob()),
      formData: await failureOf(() => response.formData()),
      clone: await failureOf(() => response.clone()),
      pipeTo: await failureOf(() => response.body!.locked && response.body!.pipeTo(new WritableStream())),
      pipeThrough: await failureOf(() => response.body!.locked && response.body!.pipeThrough(new TransformStream())),
      tee: await failureOf(() => response.body!.locked && response.body!.tee()),
      getReader: await failureOf(() => response.body!.locked && response.body!.getReader()),
      values: await failureOf(() => response.body!.locked && response.body!.values()),
      cancel: await failureOf(() => response.body!.locked && response.body!.cancel()),
    },
  };
}

describe('a body that is read', () => {
  const records = new ComingRecords();
  let telemetry: TelemetryApp;
  let llm: LlmTelemetry;
  let emulator: ProviderEmulator;
  let twin: ProviderEmulator;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ options: { onCall: records.onCall } });
    llm = telemetry.get(LlmTelemetry);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now());
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await telemetry.stop();
  });
  // Two emulators of one seed answer their first requests with the same bytes.
  beforeEach(async () => {
    [emulator, twin] = await Promise.all([startProviderEmulator(), startProviderEmulator()]);
    records.clear();
  });
  afterEach(() => Promise.all([emulator.stop(), twin.stop()]));

  /** The record of a call that reads in one way, and what the application saw. */
  async function observed(request: ModelRequestCase, reading: Reading, looked = false): Promise<[object, CallRecord]> {
    const account = await llm.run({ feature: 'bodies', operation: 'read' }, async () =>
      accountOf(await post(fetch, emulator.url, request), reading, looked, emulator.url),
    );
    return [account, await records.only()];
  }

  describe.each<[string, ModelRequestCase]>(Object.entries(MODEL_REQUESTS))('of %s', (_name, request) => {
    const readings = Object.entries({ ...(request.json ? JSON_READINGS : {}), ...READINGS });

    describe.each(LOOKED)('(body looked at before: %s)', (looked) => {
      it.each(readings)('through %s is what it would be without us, and is all seen', async (_way, reading) => {
        const [account, record] = await observed(request, reading, looked);
        const bare = await post(bareFetch, twin.url, request);
        expect(account).toEqual(await accountOf(bare, reading, looked, twin.url));

        expect(record.attempts).toHaveLength(1);
        const attempt = record.attempts[0]!;
        expect(attempt).toMatchObject({
          ending: 'finished',
          finishReason: 'stop',
          providerFinishReasons: request.finishReasons,
          failure: null,
          status: 200,
        });
        expect(record.finishReason).toBe('stop');
        expectBilled(attempt, request);
        expect(telemetry.logger.entries.filter(({ text }) => text.includes('fault'))).toEqual([]);
      });
    });
  });

  function expectBilled({ usage, requestId }: AttemptRecord, request: ModelRequestCase): void {
    const entry = emulator.ledger.find(requestId!)!;
    expect(usage!.source).toBe(request.usageSource);
    if (request.usageSource === 'provider') {
      expect(usage).toMatchObject({ inputTokens: entry.inputTokens, outputTokens: entry.outputTokens });
      return;
    }
  }
});
