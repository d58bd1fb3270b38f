import { ExampleApp, CANARY_KEYS } from '../support/example-app.js';
import { CollectedSpans } from '../support/spans.js';

const PROMPT_CANARY = 'canary-prompt-8c1f';
const USER_CANARY = 'canary-user-3d20';

/**
 * Keys, prompts and completions must not appear in spans, log lines or error responses. The emulator quotes the prompt
 * in its errors, as providers do.
 */
describe('content that is not captured', () => {
  const spans = new CollectedSpans();
  let example: ExampleApp;
  beforeAll(async () => {
    example = await ExampleApp.start({ clients: { timeout: 200, maxRetries: 1 } });
  });
  afterAll(() => example.stop());
  beforeEach(() => {
    spans.clear();
    example.emulator.reset();
    example.logger.entries.length = 0;
  });

  const ORDER = `Order #77001: 1 x ${PROMPT_CANARY} lamp. Total: €12.00`;
  const TICKET = `My invoice about ${PROMPT_CANARY} is wrong.`;

  it.each([
    'none',
    'truncate after=8',
    'filter',
    'refuse',
    'empty',
    'invalid_json',
    'bad_request',
    'blocked',
    'auth',
    'permission',
    'not_found',
    'too_large',
    'context_length',
    'quota retry_after=0',
    'rate_limit retry_after=0',
    'overloaded retry_after=0',
    'server_error retry_after=0',
    'html retry_after=0',
    'stall',
    'cut after=3',
    'stream_error after=3',
  ])('does not appear in spans, log lines or error responses with [%s]', async (directive) => {
    const replies = await Promise.all([
      example.summarize(`${ORDER} [emulate ${directive}]`, USER_CANARY),
      example.classify(`${TICKET} [emulate ${directive}]`),
      example
        .post('/orders/summarize/stream', {
          order_text: `${ORDER} [emulate ${directive}]`,
          user_id: USER_CANARY,
        })
        .catch(() => null),
    ]);
    const exported = (await spans.all()).map((span) => ({
      name: span.name,
      attributes: { ...span.attributes, 'user.id': undefined },
      status: span.status,
      events: span.events,
      links: span.links,
      resource: span.resource.attributes,
    }));
    const logged = example.logger.entries.map(({ text, message, context }) => [text, message, context]);
    const failed = replies
      .filter((reply) => reply !== null && reply.status >= 400)
      .map((reply) => [reply!.text, reply!.headers]);
    expect(exported.length).toBeGreaterThanOrEqual(6);
    for (const [where, what] of Object.entries({ exported, logged, failed })) {
      const written = JSON.stringify(what);
      for (const canary of [PROMPT_CANARY, CANARY_KEYS.openai, CANARY_KEYS.anthropic, 'Your order #77001']) {
        expect({ where, canary, found: written.includes(canary) }).toEqual({ where, canary, found: false });
      }
    }
    // The user id is recorded on spans only.
    expect(JSON.stringify(logged)).not.toContain(USER_CANARY);
  });

  it('reaches the provider, so the other tests are meaningful', async () => {
    await example.summarize(ORDER, USER_CANARY);
    const received = JSON.stringify(example.emulator.requests.map(({ body }) => body));
    expect(received).toContain(PROMPT_CANARY);
  });
});
