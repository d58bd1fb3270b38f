import { setTimeout } from 'node:timers/promises';
import { lastValueFrom } from 'rxjs';
import type { Soaked } from './service.js';

type Work = (soaked: Soaked, signal: AbortSignal) => Promise<unknown>;

const user = [{ role: 'user' as const, content: 'Summarize order 7: two lamps, a kettle. Total: 90 euros.' }];
const chat = { model: 'gpt-4o-mini', max_tokens: 40, messages: user };
const message = { model: 'claude-haiku-4-5', max_tokens: 40, messages: user };
const stalling = { headers: { 'x-emulator-fault': 'stall after=3' } };

/** Faults, used in turn for every fourth request. Waits are short, so that many calls fit into a minute. */
const FAULTS = [
  'rate_limit attempts=1 retry_after=0.001',
  'server_error attempts=2 retry_after=0.001',
  'overloaded retry_after=0.001',
  'bad_request',
];
let requests = 0;

function faulty(signal?: AbortSignal): { headers: Record<string, string>; signal?: AbortSignal } {
  const turn = requests++;
  return {
    headers: { 'x-emulator-fault': turn % 4 === 3 ? FAULTS[(turn >> 2) % FAULTS.length]! : 'none' },
    signal,
  };
}

/**
 * Work of a service, with and without errors. The whole run shares `signal`, like a service's shutdown signal, so
 * its listeners must be removed after each call.
 */
export const WORK: Readonly<Record<string, Work>> = {
  chat: ({ service, openai }, signal) =>
    service.await(() => openai.chat.completions.create(chat, faulty(signal))),
  'a lazy promise': ({ service, openai }) =>
    service.lazy(() => openai.chat.completions.create(chat, faulty())),
  'a raw response': async ({ service, openai }) =>
    (await service.await(() => openai.chat.completions.create(chat, faulty()).asResponse())).text(),
  'a stream': ({ service, openai }, signal) =>
    service.await(async () => {
      for await (const _ of await openai.chat.completions.create({ ...chat, stream: true }, faulty(signal)));
    }),
  'an abandoned stream': ({ service, openai }) =>
    service.await(async () => {
      for await (const _ of await openai.chat.completions.create({ ...chat, stream: true }, faulty())) break;
    }),
  'a stream that is cut': ({ service, openai }) =>
    service.await(async () => {
      const options = { headers: { 'x-emulator-fault': 'cut after=5' } };
      for await (const _ of await openai.chat.completions.create({ ...chat, stream: true }, options));
    }),
  'a stream that is stopped': ({ service, openai }) =>
    service.await(async () => {
      const controller = new AbortController();
      const options = { ...stalling, signal: controller.signal };
      for await (const _ of await openai.chat.completions.create({ ...chat, stream: true }, options))
        controller.abort();
    }),
  'a timeout': ({ service, openai }) =>
    service.await(() =>
      openai.chat.completions.create(chat, {
        headers: { 'x-emulator-fault': 'stall' },
        timeout: 30,
        maxRetries: 0,
      }),
    ),
  'a response': ({ service, openai }) =>
    service.await(() => openai.responses.create({ model: 'gpt-4o-mini', input: 'Hello.' }, faulty())),
  embeddings: ({ service, openai }) =>
    service.await(() =>
      openai.embeddings.create(
        { model: 'text-embedding-3-small', input: 'A lamp.', dimensions: 8 },
        faulty(),
      ),
    ),
  'a message': ({ service, anthropic }, signal) =>
    service.await(() => anthropic.messages.create(message, faulty(signal))),
  'a stream of messages': ({ service, anthropic }) =>
    service.await(() => anthropic.messages.stream(message, faulty()).finalMessage()),
  nested: ({ service, anthropic }) => service.nested(() => anthropic.messages.create(message, faulty())),
  'concurrent requests': ({ service, openai, anthropic }) =>
    service.await(() =>
      Promise.allSettled([
        openai.chat.completions.create(chat, faulty()),
        anthropic.messages.create(message, faulty()),
      ]),
    ),
  'a generator': async ({ service, openai }) => {
    for await (const _ of service.generate(() =>
      openai.chat.completions.create({ ...chat, stream: true }, faulty()),
    ));
  },
  'an abandoned generator': async ({ service, openai }) => {
    for await (const _ of service.generate(() =>
      openai.chat.completions.create({ ...chat, stream: true }, faulty()),
    ))
      break;
  },
  'a generator that is never started': async ({ service, openai }) => {
    service.generate(() => openai.chat.completions.create({ ...chat, stream: true }, faulty()));
  },
  'an Observable': ({ service, openai }) =>
    lastValueFrom(service.observe(() => openai.chat.completions.create(chat, faulty()))),
  'by hand': async ({ service }) => service.byHand(),
  'run(…)': ({ telemetry, openai }) =>
    telemetry.run({ feature: 'soak', operation: 'run' }, () =>
      openai.chat.completions.create(chat, faulty()),
    ),
  'no annotated method': ({ openai }) => openai.chat.completions.create(chat, faulty()),
  'a wrapped fetch': async ({ telemetry, openai }, signal) => {
    const response = await telemetry.wrapFetch(fetch)(`${openai.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chat),
      signal,
    });
    const copy = response.clone();
    await Promise.all([response.json(), copy.text()]);
  },
  'a refused connection': ({ service, openai }) =>
    service.await(() =>
      openai
        .withOptions({ baseURL: 'http://127.0.0.1:1/v1', maxRetries: 0 })
        .chat.completions.create(chat, faulty()),
    ),
  'a request to the service': async ({ url }) => (await fetch(`${url}/ask`, { method: 'POST' })).text(),
};

/** Pause between the chunks of a stream that stays open. */
const PAUSE_MS = 100;

/** Reads a stream slowly, so that it stays open for seconds, while `goesOn()`. */
export async function readSlowly(
  { service, openai }: Soaked,
  signal: AbortSignal,
  goesOn: () => boolean,
): Promise<void> {
  await service.await(async () => {
    for await (const _ of await openai.chat.completions.create({ ...chat, stream: true }, faulty(signal))) {
      await setTimeout(PAUSE_MS);
      if (!goesOn()) break;
    }
  });
}
