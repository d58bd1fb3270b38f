import { bareFetch } from '../support/bare-fetch.js';
import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Anthropic from '@anthropic-ai/sdk';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat, message } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { reply } from './support/provider-replies.js';
import { RawServer } from './support/raw-server.js';

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Maximum number of collections. The platform runs finalizers in a later turn of the event loop. */
const MOST_COLLECTIONS = 50;

type Fetch = typeof globalThis.fetch;

/** Ways in which an application drops a body. */
const DROPS: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  'that is not read': async () => {},
  'whose reader is dropped': async ({ body }) => body!.getReader().read(),
  'whose iterator is dropped': async ({ body }) => body![Symbol.asyncIterator]().next(),
  'whose branches are dropped': async ({ body }) => {
    const [one] = body!.tee();
    await one.getReader().read();
  },
};

describe('abort listeners on a signal', () => {
  const server = new RawServer();
  let telemetry: TelemetryApp;
  let llm: LlmTelemetry;
  let url: string;

  beforeAll(async () => {
    await server.start();
    url = server.url;
    server.handler = (response, request) => reply(response, request, 'ok');
    telemetry = await startTelemetryApp();
    llm = telemetry.get(LlmTelemetry);
  });
  afterAll(async () => {
    await telemetry.stop();
    await server.stop();
  });

  const ASK: Readonly<Record<string, (fetch: Fetch, signal: AbortSignal) => Promise<Response>>> = {
    fetch: (fetch, signal) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer a' },
        body: JSON.stringify({ ...chat(), stream: true }),
        signal,
      }),
    openai: (fetch, signal) =>
      new OpenAI({ apiKey: 'a', baseURL: `${url}/v1`, fetch }).chat.completions
        .create({ ...chat(), stream: true }, { signal })
        .asResponse(),
    anthropic: (fetch, signal) =>
      new Anthropic({ apiKey: 'a', baseURL: url, fetch }).messages
        .create({ ...message(), stream: true }, { signal })
        .asResponse(),
  };

  /** Collects garbage and returns the number of listeners that remain on a signal. */
  async function listenersLeft(signal: AbortSignal): Promise<number> {
    for (let index = 0; index < MOST_COLLECTIONS; index++) {
      if (getEventListeners(signal, 'abort').length === 0) return 0;
      await setImmediate();
      collectGarbage();
    }
    return getEventListeners(signal, 'abort').length;
  }

  describe.each(Object.keys(ASK))('of %s', (sdk) => {
    it.each(Object.entries(DROPS))('are released when a body %s is collected', async (way, drop) => {
      const use = async (fetch: Fetch, signal: AbortSignal): Promise<void> => {
        await drop(await ASK[sdk]!(fetch, signal));
      };
      const [bare, seen] = [new AbortController(), new AbortController()];
      await use(bareFetch, bare.signal);
      telemetry.records.length = 0;
      await llm.run({ feature: 'dropped', operation: 'body' }, () => use(globalThis.fetch, seen.signal));
      // nodejs/undici#5285: the platform keeps a listener until its request is collected.
      const left = { bare: await listenersLeft(bare.signal), seen: await listenersLeft(seen.signal) };
      expect(left.seen).toBe(left.bare);
      // The listeners were released by the collection, not by the end of the call.
      if (way !== 'that is not read') expect(telemetry.records).toEqual([]);
      await llm.flush();
      expect(telemetry.records).toMatchObject([{ attempts: [{}] }]);
    });
  });
});
