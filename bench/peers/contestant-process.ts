import { setTimeout } from 'node:timers/promises';
import { PlainService } from '../application.js';
import { registerProviders } from '../opentelemetry.js';
import { runBlock } from '../paired-runs.js';
import { memoryTransport } from '../transports/memory.js';
import type { Work } from '../work/work.js';
import { CollectedSpans } from './collected-spans.js';
import type { Hooks, Request, Responses, Start } from './contestant.js';
import { CONTESTANTS } from './contestants.js';
import { SDKS, TASKS, type Sdk, type Task } from './tasks.js';

/** Process of a contestant, whose name is the argument. Answers the requests of `compare.ts`. */

type Client = new (options: object) => object;

/** Time for spans that end after the call. */
const LATE_SPANS_MS = 50;

const contestant = CONTESTANTS.find(({ name }) => name === process.argv[2])!;
const spans = new CollectedSpans();
if (contestant.bare !== null) registerProviders(spans.processor, true);

const { load } = (await import(
  new URL('../../../bench/peers/contestants/load.mjs', import.meta.url).href
)) as { load: (name: string) => Promise<Record<string, never>> };
const sdks: Partial<Record<Sdk, Record<string, never>>> = {};
for (const sdk of SDKS) if (contestant.sdks[sdk]) sdks[sdk] = await load(contestant.sdks[sdk]);

const { start } = (await import(contestant.module.href)) as { start: Start };
const hooks: Hooks = await start({ sdks, processor: spans.processor, onSpan: spans.add });

const transport = memoryTransport();
const fetch = hooks.fetch?.(transport.fetch) ?? transport.fetch;
/** Calls of each prepared task: one with cached tokens, and the measured ones. */
const prepared = new Map<string, { verified: () => Promise<unknown>; measured: () => Promise<unknown> }>();

function prepare(task: Task, templates: Parameters<NonNullable<Hooks['service']>>[0]): void {
  const service = hooks.service?.(templates) ?? new PlainService();
  const asking = (response: string): (() => Promise<unknown>) => {
    const work: Work = task.work(createClient(task, response) as never);
    return () => service.ask(work);
  };
  prepared.set(task.name, {
    verified: asking(`${task.response}-cached`),
    measured: asking(task.response),
  });
}

function createClient({ sdk }: Task, response: string): object {
  const baseURL = `${transport.origin}/${response}${sdk === 'openai' ? '/v1' : ''}`;
  const Client = sdks[sdk]![sdk === 'openai' ? 'OpenAI' : 'Anthropic'] as unknown as Client;
  // The Anthropic SDK's own spans are a contestant.
  const off = sdk === 'anthropic' ? { openTelemetry: false } : {};
  const client = new Client({
    apiKey: 'sk-bench',
    baseURL,
    maxRetries: 0,
    fetch,
    ...off,
    ...hooks.clientOptions,
  });
  return hooks.client?.(client) ?? client;
}

const handlers: { [Do in Request['do']]: (request: never) => Promise<Responses[Do]> } = {
  async prepare({ task, spans: templates }: Extract<Request, { do: 'prepare' }>) {
    prepare(
      TASKS.find(({ name }) => name === task)!,
      templates,
    );
    return null;
  },
  async verify({ task }: Extract<Request, { do: 'verify' }>) {
    const kept = await spans.keep(async () => {
      await prepared.get(task)!.verified();
      await setTimeout(LATE_SPANS_MS);
    });
    return { spans: kept };
  },
  async run({ task, calls }: Extract<Request, { do: 'run' }>) {
    const { wallUs } = await runBlock(
      { run: prepared.get(task)!.measured },
      { callsPerBlock: calls, isConcurrent: false },
    );
    return { us: wallUs };
  },
  async count() {
    await setTimeout(LATE_SPANS_MS);
    return { spans: await spans.takeCount() };
  },
};

process.on('message', (request: Request) => {
  handlers[request.do](request as never).then(
    (response: Responses[Request['do']]) => process.send!({ response }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send!({ response: null });
