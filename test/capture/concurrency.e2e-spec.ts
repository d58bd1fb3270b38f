import Anthropic from '@anthropic-ai/sdk';
import { LlmTelemetry, type AttemptRecord, type CallRecord } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { RecordCollector } from '../support/record-collector.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const CALLS = 1_000;

/** Faults of the emulator. Seven faults and ten kinds of work are coprime numbers, so all 70 pairs occur. */
const FAULTS = [
  'none',
  'rate_limit attempts=1 retry_after=0',
  'server_error attempts=2 retry_after=0',
  'overloaded retry_after=0',
  'bad_request',
  'cut after=3',
  'truncate after=2',
];

/** Work of one call. Its model is unique, because the bill identifies the requests of a call by their model. */
interface Work {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
  readonly llm: LlmTelemetry;
  readonly index: number;
  readonly model: string;
  readonly prompt: string;
  readonly options: { readonly headers: Readonly<Record<string, string>> };
}

/** Kinds of work. Each returns the IDs of the responses that the application received. */
const KINDS: Readonly<Record<string, (work: Work) => Promise<string[]>>> = {
  chat: async ({ openai, model, prompt, options }) => {
    const answer = await openai.chat.completions.create({ model, messages: [user(prompt)] }, options);
    return [answer.id];
  },
  chatStream: async (work) => [await lastOf(chatStream(work))],
  responses: async ({ openai, model, prompt, options }) => [
    (await openai.responses.create({ model, input: prompt }, options)).id,
  ],
  responsesStream: async ({ openai, model, prompt, options }) => {
    let id = '';
    for await (const event of await openai.responses.create({ model, input: prompt, stream: true }, options))
      if (event.type === 'response.completed' || event.type === 'response.incomplete') id = event.response.id;
    return [id];
  },
  embeddings: async ({ openai, model, prompt, options }) => {
    await openai.embeddings.create({ model, input: prompt, dimensions: 4 }, options);
    return [];
  },
  messages: async ({ anthropic, model, prompt, options }) => {
    const answer = await anthropic.messages.create(
      { model, max_tokens: 100, messages: [user(prompt)] },
      options,
    );
    return [answer.id];
  },
  messagesStream: async ({ anthropic, model, prompt, options }) => {
    const stream = anthropic.messages.stream({ model, max_tokens: 100, messages: [user(prompt)] }, options);
    return [(await stream.finalMessage()).id];
  },
  nested: async (work) => {
    const [outer] = await KINDS['chat']!(work);
    const inner = { ...work, model: `${work.model}-inner` };
    await work.llm.run({ feature: `inner-${work.index}`, operation: 'messages' }, () =>
      KINDS['messages']!(inner),
    );
    return [outer!];
  },
  together: async (work) => {
    const both = [
      KINDS['chat']!(work),
      KINDS['responses']!({ ...work, prompt: `${work.prompt} And once more.` }),
    ];
    // The call has to last as long as both: a request after its end becomes a separate call.
    await Promise.allSettled(both);
    const ids = await Promise.all(both);
    return ids.flat();
  },
  generator: async (work) => {
    let last = '';
    // The generator is the call: its steps run inside the call, the code between them does not.
    for await (const id of work.llm.run(nameOf(work.index, 'generator'), () => chatStream(work))) last = id;
    return [last];
  },
};
const KIND_NAMES = Object.keys(KINDS);

async function* chatStream({ openai, model, prompt, options }: Work): AsyncGenerator<string> {
  const request = {
    model,
    messages: [user(prompt)],
    stream: true as const,
    stream_options: { include_usage: true },
  };
  for await (const chunk of await openai.chat.completions.create(request, options)) yield chunk.id;
}

const kindOf = (index: number): string => KIND_NAMES[index % KIND_NAMES.length]!;
const faultOf = (index: number): string => FAULTS[index % FAULTS.length]!;
const modelOf = (index: number): string => `model-of-${index}`;
const nameOf = (index: number, kind = kindOf(index)) => ({ feature: `feature-${index}`, operation: kind });

describe('a thousand concurrent calls of all formats, with faults and retries', () => {
  const collected = new RecordCollector();
  let telemetry: TelemetryApp;
  let records: readonly CallRecord[];
  let outcomes: ReadonlyArray<PromiseSettledResult<string[]>>;
  const bill = new Map<string, LedgerEntry[]>();
  beforeAll(async () => {
    telemetry = await startTelemetryApp({
      maxRetries: 2,
      options: { onCall: collected.onCall },
      // Each response is sent over several turns of the event loop, so calls overlap.
      emulatorOptions: { latency: { firstTokenMs: 20, perTokenMs: 0.5 } },
    });
    outcomes = await Promise.allSettled(Array.from({ length: CALLS }, (_, index) => run(index)));
    await telemetry.flush();
    records = collected.now;
    for (const line of telemetry.emulator.ledger.entries()) {
      const lines = bill.get(line.model);
      if (lines) lines.push(line);
      else bill.set(line.model, [line]);
    }
  }, 120_000);
  afterAll(() => telemetry.stop());

  function run(index: number): Promise<string[]> {
    const llm = telemetry.get(LlmTelemetry);
    const kind = kindOf(index);
    const work: Work = {
      openai: telemetry.get(OpenAI),
      anthropic: telemetry.get(Anthropic),
      llm,
      index,
      model: modelOf(index),
      prompt: `Call ${index}. ${'Summarize this, please. '.repeat(1 + (index % 23))}`,
      options: { headers: { 'x-emulator-fault': faultOf(index) } },
    };
    const start = (): Promise<string[]> => KINDS[kind]!(work);
    return kind === 'generator' ? start() : llm.run(nameOf(index), start);
  }

  const recordOf = (feature: string): CallRecord => {
    const found = records.filter((record) => record.feature === feature);
    expect(found).toHaveLength(1);
    return found[0]!;
  };

  /** Indices of calls with an inner call, which is made only if the outer request succeeds. */
  const indicesWithInnerCall = (): number[] =>
    indices((index) => kindOf(index) === 'nested' && bill.has(`${modelOf(index)}-inner`));

  it('have one record each', () => {
    const inner = indicesWithInnerCall();
    expect(inner.length).toBeGreaterThan(CALLS / 20);
    const names = [
      ...indices().map((index) => nameOf(index)),
      ...inner.map((index) => ({ feature: `inner-${index}`, operation: 'messages' })),
    ];
    const recorded = records.map(({ feature, operation }) => `${feature} ${operation}`);
    expect(recorded.sort()).toEqual(names.map(({ feature, operation }) => `${feature} ${operation}`).sort());
  });

  it('have the usage and cost of their own requests, attempt by attempt', () => {
    let attempts = 0;
    for (const index of indices()) {
      expectOwnBill(recordOf(`feature-${index}`), modelOf(index));
      attempts += recordOf(`feature-${index}`).attempts.length;
    }
    for (const index of indicesWithInnerCall()) {
      expectOwnBill(recordOf(`inner-${index}`), `${modelOf(index)}-inner`);
      attempts += recordOf(`inner-${index}`).attempts.length;
    }
    expect(attempts).toBe(telemetry.emulator.ledger.entries().length);
  });

  function expectOwnBill(record: CallRecord, model: string): void {
    const lines = bill.get(model)!;
    expect(record.attempts.map(accountOfAttempt).sort(byRequest)).toEqual(
      lines.map(accountOfLine).sort(byRequest),
    );
    const billed = lines.filter((line) => line.billed);
    if (billed.length === 0) expect(record.usage).toBeNull();
    if (billed.length > 0 && billed.every(({ completed }) => completed))
      expect(record.usage).toMatchObject({
        source: 'provider',
        inputTokens: sum(billed, 'inputTokens'),
        outputTokens: sum(billed, 'outputTokens'),
      });
  }

  it('have the attempts that their fault causes, in order, with retries flagged', () => {
    const inOneChain = indices((index) => !['nested', 'together'].includes(kindOf(index)));
    const retriesOf = (fault: string): Set<string> =>
      new Set(
        inOneChain
          .filter((index) => faultOf(index) === fault)
          .map((index) =>
            JSON.stringify(recordOf(`feature-${index}`).attempts.map(({ isRetry }) => isRetry)),
          ),
      );
    expect(retriesOf('none')).toEqual(new Set(['[false]']));
    expect(retriesOf('bad_request')).toEqual(new Set(['[false]']));
    expect(retriesOf('rate_limit attempts=1 retry_after=0')).toEqual(new Set(['[false,true]']));
    expect(retriesOf('server_error attempts=2 retry_after=0')).toEqual(new Set(['[false,true,true]']));
    expect(retriesOf('overloaded retry_after=0')).toEqual(new Set(['[false,true,true]']));
  });

  it('fail only if the application gets an error', () => {
    const failures = indices((index) => recordOf(`feature-${index}`).failure !== null);
    expect(failures).toEqual(indices((index) => outcomes[index]!.status === 'rejected'));
    expect(failures.length).toBeGreaterThan(CALLS / 4);
  });

  it('have the response IDs that the application received', () => {
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') continue;
      const answers = recordOf(`feature-${index}`).attempts.flatMap(({ responseId }) => responseId ?? []);
      expect(answers.sort()).toEqual(outcome.value.sort());
    }
  });
});

type Account = readonly [requestId: string | null, retry: boolean, billed: boolean, tokens: string];

/** Converts an attempt to the form of the bill. Without a response, the request ID is `null`. */
function accountOfAttempt({ requestId, isRetry, usage }: AttemptRecord): Account {
  const known = usage?.source === 'provider';
  return [
    requestId,
    isRetry,
    usage !== null,
    known ? `${usage.inputTokens} + ${usage.outputTokens}` : 'not said',
  ];
}

function accountOfLine(line: LedgerEntry): Account {
  const said = line.billed && line.completed;
  return [
    line.status === 0 ? null : line.requestId,
    line.retryCount > 0,
    line.billed,
    said ? `${line.inputTokens} + ${line.outputTokens}` : 'not said',
  ];
}

function byRequest([one]: Account, [other]: Account): number {
  return (one ?? '').localeCompare(other ?? '');
}

function sum(lines: readonly LedgerEntry[], of: 'inputTokens' | 'outputTokens'): number {
  return lines.reduce((total, line) => total + line[of], 0);
}

function indices(matches: (index: number) => boolean = () => true): number[] {
  return Array.from({ length: CALLS }, (_, index) => index).filter(matches);
}

function user(content: string): { role: 'user'; content: string } {
  return { role: 'user', content };
}

async function lastOf(values: AsyncIterable<string>): Promise<string> {
  let last = '';
  for await (const value of values) last = value;
  return last;
}
