import { Module, type Type } from '@nestjs/common';
import { AppModule } from '../../src/example/app.module.js';
import { HealthController } from '../../src/example/health.controller.js';
import { OrdersModule } from '../../src/example/orders/orders.module.js';
import { SupportModule } from '../../src/example/support/support.module.js';
import { responseOf, ExampleApp } from '../support/example-app.js';
import { LONG_ORDER, ORDER, TICKET } from '../support/samples.js';
import { CollectedSpans } from '../support/spans.js';

@Module({ imports: [OrdersModule, SupportModule], controllers: [HealthController] })
class WithoutTelemetry {}

const stream = (app: ExampleApp, text: string): ReturnType<ExampleApp['post']> =>
  app.post('/orders/summarize/stream', { order_text: text, user_id: 'c' });

const REQUESTS: Array<[string, (app: ExampleApp) => ReturnType<ExampleApp['post']>]> = [
  ['a summary', (app) => app.summarize(ORDER)],
  ['a truncated summary', (app) => app.summarize(LONG_ORDER)],
  ['bad input', (app) => app.summarize('')],
  ['a filtered summary', (app) => app.summarize(`${ORDER} [emulate filter]`)],
  ['an empty summary', (app) => app.summarize(`${ORDER} [emulate empty]`)],
  ['a refusal', (app) => app.summarize(`${ORDER} [emulate refuse]`)],
  ['a rate limit', (app) => app.summarize(`${ORDER} [emulate rate_limit retry_after=0]`)],
  [
    'a rate limit, then success',
    (app) => app.summarize(`${ORDER} [emulate rate_limit attempts=1 retry_after=0]`),
  ],
  ['an exhausted quota', (app) => app.summarize(`${ORDER} [emulate quota retry_after=0]`)],
  ['a triage', (app) => app.classify(TICKET)],
  ['a triage that is no JSON', (app) => app.classify(`${TICKET} [emulate invalid_json]`)],
  ['a truncated triage', (app) => app.classify(`${TICKET} [emulate truncate after=4]`)],
  ['a refused triage', (app) => app.classify(`${TICKET} [emulate refuse]`)],
  ['an overloaded provider', (app) => app.classify(`${TICKET} [emulate overloaded retry_after=0]`)],
  ['a stream', (app) => stream(app, ORDER)],
  ['a filtered stream', (app) => stream(app, `${ORDER} [emulate filter]`)],
  ['the health', (app) => app.get('/health')],
];

/** Requests for which the example throws an error of its own. Only the module relates the error to a call. */
const OWN_ERRORS = [
  'a filtered summary',
  'an empty summary',
  'a triage that is no JSON',
  'a truncated triage',
  'a refused triage',
  'a filtered stream',
];

/** Sends all requests. Applications run one after the other, so the one without the module is alone. */
async function responsesOf(module: Type): Promise<Map<string, object>> {
  const example = await ExampleApp.start({ module });
  try {
    const responses = new Map<string, object>();
    for (const [name, send] of REQUESTS) responses.set(name, responseOf(await send(example)));
    return responses;
  } finally {
    await example.stop();
  }
}

describe('the example service without LlmTelemetryModule', () => {
  const spans = new CollectedSpans();
  let without: Map<string, object>;
  let spansWithout: number;
  let withModule: Map<string, object>;
  beforeAll(async () => {
    without = await responsesOf(WithoutTelemetry);
    spansWithout = (await spans.all()).filter(({ name }) => /^(llm\.|chat )/.test(name)).length;
    withModule = await responsesOf(AppModule);
  });

  it.each(REQUESTS.map(([name]) => name).filter((name) => !OWN_ERRORS.includes(name)))(
    'gives the same response to %s',
    (name) => expect(without.get(name)).toEqual(withModule.get(name)),
  );

  it.each(OWN_ERRORS)('responds with 500 instead of 503 to %s', (name) => {
    expect(without.get(name)).toMatchObject({ status: 500 });
    expect(withModule.get(name)).toMatchObject({ status: 503 });
  });

  it('creates no spans', () => expect(spansWithout).toBe(0));
});
