import { Injectable } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { LlmCall, type CallRecord, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { chat } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

@Injectable()
class Greeter {
  constructor(readonly openai: OpenAI) {}

  @LlmCall({
    feature: 'greeting',
    operation: 'greet',
    attributes: () => {
      throw new Error('attributes are on fire');
    },
  })
  async greet(): Promise<string> {
    return (await this.openai.chat.completions.create(chat())).choices[0]!.message.content!;
  }

  @LlmCall({ feature: 'greeting', operation: 'stream' })
  async *stream(): AsyncGenerator<string> {
    const stream = await this.openai.chat.completions.create({ ...chat(), stream: true });
    for await (const chunk of stream) yield chunk.choices[0]?.delta.content ?? '';
  }

  @LlmCall({ feature: 'greeting', operation: 'fail' })
  async fail(): Promise<void> {
    await this.openai.chat.completions.create(chat('[emulate bad_request] Say hello.'));
  }
}

const fire = (): never => {
  throw new Error('telemetry is on fire');
};

/** Span processor and exporter that the tracer provider delegates to, so that tests can inject faults. */
const current: { processor: Partial<SpanProcessor>; exporter: Partial<SpanExporter> } = {
  processor: {},
  exporter: {},
};
const kept = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new TracerProvider({
    spanProcessors: [
      {
        onStart: (...args) => current.processor.onStart?.(...args),
        onEnd: (...args) => current.processor.onEnd?.(...args),
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
      new SimpleSpanProcessor({
        exporter: {
          export: (...args) => (current.exporter.export ?? kept.export.bind(kept))(...args),
          shutdown: () => Promise.resolve(),
        },
      }),
    ],
  }),
);

/** Faults of the telemetry, by name. */
const FAULTS: Array<
  [
    string,
    { options?: LlmTelemetryOptions; processor?: Partial<SpanProcessor>; exporter?: Partial<SpanExporter> },
  ]
> = [
  ['no fault', {}],
  ['a span processor that throws at the start of a span', { processor: { onStart: fire } }],
  ['a span processor that throws at the end of a span', { processor: { onEnd: fire } }],
  ['an exporter that throws', { exporter: { export: fire } }],
  ['an exporter that never completes', { exporter: { export: () => {} } }],
  ['a price provider that throws', { options: { pricing: { provider: { find: fire } } } }],
  [
    'a price provider that returns invalid prices',
    { options: { pricing: { provider: { find: () => ({ prices: { input: Number.NaN } }) as never } } } },
  ],
  ['onCall that throws', { options: { onCall: fire } }],
  ['onCall that rejects', { options: { onCall: () => Promise.reject(new Error('telemetry is on fire')) } }],
  ['onCall that never settles', { options: { onCall: () => new Promise(() => {}) } }],
  ['requestContext that throws', { options: { requestContext: fire } }],
  [
    'onCall that modifies the record',
    { options: { onCall: (record) => void ((record as { feature: string }).feature = 'mine') } },
  ],
];

describe.each(FAULTS)('with %s', (_what, { options, processor = {}, exporter = {} }) => {
  let telemetry: TelemetryApp;
  let greeter: Greeter;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ providers: [Greeter], options });
    greeter = telemetry.get(Greeter);
    Object.assign(current, { processor, exporter });
  });
  afterAll(async () => {
    Object.assign(current, { processor: {}, exporter: {} });
    await telemetry.stop();
  });

  it('a call returns its result', async () => {
    expect(await greeter.greet()).toMatch(/\S/);
  });

  it('a stream yields the same as without faults', async () => {
    let text = '';
    for await (const piece of greeter.stream()) text += piece;
    expect(text).toBe(await greeter.greet());
  });

  it('a failed call rejects with the error of the SDK', async () => {
    await expect(greeter.fail()).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });

  it('a hundred concurrent calls return the same as without faults', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => greeter.greet()));
    expect(new Set(answers).size).toBe(1);
  });
});

describe('a fault of the telemetry', () => {
  it('is logged once, without the error message', async () => {
    const telemetry = await startTelemetryApp({ providers: [Greeter], options: { onCall: fire } });
    const greeter = telemetry.get(Greeter);
    await greeter.greet();
    await greeter.greet();
    const said = telemetry.logger.of('LlmTelemetry').filter(({ text }) => text.startsWith('Telemetry error'));
    expect(said.map(({ level, text }) => [level, text])).toEqual([
      [
        'warn',
        "Telemetry error while calling the option attributes (Error). The application's call is not affected. Logged once.",
      ],
      [
        'warn',
        "Telemetry error while passing a record to a sink (Error). The application's call is not affected. Logged once.",
      ],
    ]);
    await telemetry.stop();
  });

  it('in a price provider leaves the cost of the call unknown', async () => {
    const records: CallRecord[] = [];
    const telemetry = await startTelemetryApp({
      providers: [Greeter],
      options: { pricing: { provider: { find: fire } }, onCall: (record) => records.push(record) },
    });
    await telemetry.get(Greeter).greet();
    expect(records).toMatchObject([{ cost: { source: 'unknown' }, usage: { source: 'provider' } }]);
    await telemetry.stop();
  });
});
