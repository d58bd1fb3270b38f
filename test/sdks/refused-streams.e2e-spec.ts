import Anthropic1 from 'anthropic-1';
import { LlmBudgetExceededError } from 'nestjs-llm-telemetry';
import OpenAI5 from 'openai-5';
import OpenAI6 from 'openai-6';
import OpenAI7 from 'openai-7';
import { chat, message } from '../support/prompts.js';
import {
  app,
  Assistant,
  CHAT,
  drained,
  emulator,
  expectRefused,
  failureOf,
  type Helper,
  MESSAGES,
  open,
  refusing,
  type Sdk,
  streamOf,
} from './refused-requests.js';

const responsesSdk = (Client: unknown): Sdk => ({
  helper: (origin) =>
    new (Client as typeof OpenAI7)({ apiKey: 'sk-canary', baseURL: `${origin}/v1` }).responses.stream({
      model: 'gpt-4o-mini',
      input: 'Say hello.',
    }) as unknown as Helper,
  promises: ['finalResponse'],
});
const SDKS: Record<string, Sdk> = {
  ...CHAT,
  'openai 5, Responses': responsesSdk(OpenAI5),
  'openai 6, Responses': responsesSdk(OpenAI6),
  'openai 7, Responses': responsesSdk(OpenAI7),
  ...MESSAGES,
  'anthropic 1, beta': {
    helper: (origin) =>
      new Anthropic1({ apiKey: 'sk-canary', baseURL: origin }).beta.messages.stream(
        message() as never,
      ) as unknown as Helper,
    promises: ['finalMessage', 'finalText', 'withResponse'],
  },
};

describe.each(Object.entries(SDKS))('a refused request of an event stream of %s', (_name, sdk) => {
  const ask = (): Helper => app.get(Assistant).ask(() => sdk.helper(emulator()));

  it('reaches every listener and every promise as the same LlmBudgetExceededError', async () => {
    const stream = ask();
    const heard: unknown[] = [];
    stream.on('error', (error) => void heard.push(error));
    stream.once('error', (error) => void heard.push(error));
    const promises = [
      stream.done(),
      stream.emitted('error').then((error) => Promise.reject(error as Error)),
      stream.emitted('connect'),
      ...sdk.promises.map((name) => (stream as unknown as Record<string, () => Promise<unknown>>)[name]!()),
      drained(stream),
    ];
    const errors = await Promise.all(promises.map((promise) => failureOf(() => promise)));
    expect(heard).toHaveLength(2);
    // Promises that are created after the end of the stream.
    errors.push(await failureOf(() => stream.done()));
    await expectRefused([...heard, ...errors]);
  });

  it('emits events in the same order as a request that the provider rejects', async () => {
    const follow = async (stream: Helper): Promise<string[]> => {
      const log: string[] = [];
      const step = (name: string) => (): void => void log.push(name);
      stream.on('error', step('error'));
      stream.on('end', step('end'));
      const removed = step('removed');
      stream.on('error', removed);
      stream.off('error', removed);
      stream.once('error', step('error once'));
      stream.on('abort', step('abort'));
      stream.on('connect', step('connect'));
      const done = stream.done().catch(step('done'));
      const emitted = stream.emitted('connect').catch(step('emitted'));
      const loop = drained(stream).catch(step('loop'));
      await Promise.all([done, emitted, loop]);
      log.push(...Object.keys(stream).filter((key) => (stream as never)[key] !== undefined));
      return log;
    };
    const refused = await follow(ask());
    expect(refused).toEqual(await follow(sdk.helper(refusing.url)));
    expect(refused.slice(0, 2)).toEqual(['error', 'error once']);
  });

  it('fails the enclosing calls and the promises of the event stream with LlmBudgetExceededError', async () => {
    const stream = app.get(Assistant).askWithin(() => sdk.helper(emulator()));
    await expectRefused([await failureOf(() => stream.done())], 2);
  });

  it('fails an event stream that the application reads after the method has returned', async () => {
    const stream = await app.get(Assistant).askAsync(() => sdk.helper(emulator()));
    await expectRefused([await failureOf(() => drained(stream))]);
  });

  it('fails a ReadableStream of the event stream', async () => {
    const body = app.get(Assistant).ask(() => streamOf(sdk.helper(emulator())));
    await expectRefused([await failureOf(() => body.getReader().read())]);
  });

  it('does not affect an event stream within the budget', async () => {
    await open();
    const stream = ask();
    const prototype = Object.getPrototypeOf(stream) as object;
    expect(stream.constructor).toBe(prototype.constructor);
    const errors: unknown[] = [];
    stream.on('error', (error) => void errors.push(error));
    await stream.done();
    await app.flush();
    expect(errors).toEqual([]);
    expect(app.records.at(-1)).toMatchObject({ operation: 'ask', failure: null });
    expect(app.records.at(-1)!.attempts).toHaveLength(1);
  });
});

it('does not replace the error of an event stream that the provider rejects', async () => {
  await open();
  for (const sdk of Object.values(SDKS)) {
    const error = await failureOf(() =>
      app
        .get(Assistant)
        .ask(() => sdk.helper(refusing.url))
        .done(),
    );
    expect(error).toMatchObject({ status: 402 });
    expect(error).not.toBeInstanceOf(LlmBudgetExceededError);
  }
});

it('fails a tool runner if its first request is refused', async () => {
  const client = new OpenAI7({ apiKey: 'sk-canary', baseURL: app.emulator.openaiBaseUrl });
  const runner = app
    .get(Assistant)
    .ask(() => client.chat.completions.runTools({ ...chat(), stream: true, tools: [] } as never));
  await expectRefused([await failureOf(() => runner.done())]);
});

it('rejects a lazy promise with the same LlmBudgetExceededError each time it is awaited', async () => {
  const client = new OpenAI7({ apiKey: 'sk-canary', baseURL: app.emulator.openaiBaseUrl });
  const promise = app.get(Assistant).ask(() => client.chat.completions.create(chat() as never));
  await expectRefused([
    await failureOf(() => promise),
    await failureOf(() => promise),
    await failureOf(() => promise.withResponse()),
  ]);
});
