import { ConfigError, readConfig } from '../../src/example/app-config.js';
import { ExampleApp } from '../support/example-app.js';
import { ORDER, ORDER_SUMMARY, TICKET } from '../support/samples.js';

describe('the example service', () => {
  let example: ExampleApp;
  beforeAll(async () => {
    example = await ExampleApp.start();
  });
  afterAll(() => example.stop());
  beforeEach(() => example.emulator.reset());

  it('summarizes an order', async () => {
    const { body } = await example.summarize(ORDER).expect(200);
    expect(body).toEqual({ summary: ORDER_SUMMARY });
  });

  it('classifies a ticket', async () => {
    const { body } = await example.classify(TICKET).expect(200);
    expect(body).toEqual({ category: 'billing', urgency: 'low' });
  });

  it('responds to /health', () => example.get('/health').expect(200, { status: 'ok' }));

  it('logs one line for each call, without content and user ids', async () => {
    example.logger.entries.length = 0;
    await example.summarize(ORDER).expect(200);
    const lines = example.logger.of('LlmTelemetry');
    expect(lines).toHaveLength(1);
    expect(lines[0]!.level).toBe('log');
    expect(lines[0]!.message).toMatchObject({
      feature: 'order_dashboard',
      operation: 'summarize',
      provider: 'openai',
      model: 'gpt-4o-mini-2024-07-18',
      prompt_tokens: 87,
      completion_tokens: 52,
      cost_usd: 0.00004425,
      finish_reason: 'stop',
      attempts: 1,
    });
    expect(lines[0]!.text).not.toContain('customer-1');
    expect(lines[0]!.text).not.toContain('Espresso');
  });

  describe('validation of requests', () => {
    const order = (fields: object): object => ({ order_text: ORDER, user_id: 'c', ...fields });

    it.each<[string, string, object, string]>([
      ['no order', '/orders/summarize', order({ order_text: undefined }), 'order_text'],
      ['an empty order', '/orders/summarize', order({ order_text: '' }), 'order_text'],
      ['a blank order', '/orders/summarize', order({ order_text: ' \n\t ' }), 'order_text'],
      ['an order that is not a string', '/orders/summarize', order({ order_text: 5 }), 'order_text'],
      ['an array of orders', '/orders/summarize', order({ order_text: [ORDER] }), 'order_text'],
      [
        'an order that is too long',
        '/orders/summarize',
        order({ order_text: 'x'.repeat(20_001) }),
        'order_text',
      ],
      ['no user', '/orders/summarize', order({ user_id: undefined }), 'user_id'],
      ['a user that is an object', '/orders/summarize', order({ user_id: {} }), 'user_id'],
      ['a user id that is too long', '/orders/summarize', order({ user_id: 'x'.repeat(129) }), 'user_id'],
      ['no ticket', '/support/classify', {}, 'ticket_text'],
      ['an empty ticket', '/support/classify', { ticket_text: '' }, 'ticket_text'],
      ['a ticket that is null', '/support/classify', { ticket_text: null }, 'ticket_text'],
      ['a ticket that is too long', '/support/classify', { ticket_text: 'x'.repeat(10_001) }, 'ticket_text'],
    ])('rejects %s and names the field', async (_what, path, body, field) => {
      const response = await example.post(path, body).expect(400);
      expect(response.body.message.join(' ')).toContain(field);
      expect(example.emulator.requests).toEqual([]);
    });

    it('rejects a body that is not JSON', () =>
      example.post('/orders/summarize', '{"order_text": ').expect(400));

    it('rejects a body that is larger than 1 MB', () =>
      example.post('/orders/summarize', order({ order_text: 'x'.repeat(2_000_000) })).expect(413));

    it('responds with 404 to unknown methods and paths', async () => {
      await example.get('/orders/summarize').expect(404);
      await example.post('/orders', {}).expect(404);
    });
  });

  it('forwards retry-after of the provider', async () => {
    example.emulator.program(
      { kind: 'bad_request' },
      { kind: 'rate_limit', retryAfter: 0, times: 2 },
      { kind: 'rate_limit', retryAfter: 61 },
    );
    await example.summarize(ORDER).expect(503);
    const { headers, body } = await example.summarize(ORDER).expect(503);
    expect(headers['retry-after']).toBe('61');
    expect(body).toEqual({
      statusCode: 503,
      message: 'Summary service unavailable',
      errorType: 'rate_limit',
    });
  });

  it('responds to a failed classification without the message of the provider', async () => {
    const { body } = await example.classify(`${TICKET} [emulate bad_request]`).expect(503);
    expect(body).toEqual({
      statusCode: 503,
      message: 'Classification service unavailable',
      errorType: 'bad_request',
    });
  });
});

describe('the configuration of the example service', () => {
  const keys = { OPENAI_API_KEY: 'sk-a', ANTHROPIC_API_KEY: 'sk-ant-b' };

  it('uses the emulator if no keys are set', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      openai: 'emulator',
      anthropic: 'emulator',
      logLevels: ['log', 'warn', 'error', 'fatal'],
    });
  });

  it.each([
    'postgres://llm:secret@db/llm',
    'postgresql://db/llm',
    'http://db:8123',
    'https://db/llm_telemetry',
  ])('uses the shared store %s', (url) => {
    expect(readConfig({ LLM_STORE_URL: url }).storeUrl).toBe(url);
  });

  it('rejects other databases, without the password in the message', () => {
    const problem = 'LLM_STORE_URL must be a postgres, http or https URL, received another value.';
    expect(() => readConfig({ LLM_STORE_URL: 'mysql://llm:secret@db/llm' })).toThrow(
      new ConfigError(problem),
    );
  });

  it('uses a provider if its key is set', () => {
    expect(readConfig({ ...keys, OPENAI_BASE_URL: 'https://proxy.example/v1' })).toMatchObject({
      openai: { apiKey: 'sk-a', baseURL: 'https://proxy.example/v1' },
      anthropic: { apiKey: 'sk-ant-b' },
    });
    expect(readConfig({ OPENAI_API_KEY: 'sk-a' })).toMatchObject({ anthropic: 'emulator' });
    expect(readConfig({ ...keys, LLM_EMULATOR: 'on' })).toMatchObject({ openai: 'emulator' });
  });

  it('treats an empty variable as not set', () => {
    expect(readConfig({ PORT: '', OPENAI_API_KEY: '', LLM_EMULATOR: '', LOG_LEVEL: '' })).toMatchObject({
      port: 3000,
      openai: 'emulator',
    });
  });

  it.each<[Record<string, string>, string]>([
    [{ PORT: 'http' }, 'PORT must be an integer from 0 to 65535, received "http".'],
    [{ PORT: '65536' }, 'PORT must be an integer from 0 to 65535, received "65536".'],
    [{ LLM_EMULATOR: 'yes' }, 'LLM_EMULATOR must be one of auto, on, off, received "yes".'],
    [
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL must be one of verbose, debug, log, warn, error, fatal, received "loud".',
    ],
    [
      { PORT: '-1', LLM_EMULATOR: 'yes' },
      'PORT must be an integer from 0 to 65535, received "-1".\n' +
        'LLM_EMULATOR must be one of auto, on, off, received "yes".',
    ],
    [{ OPENAI_BASE_URL: 'localhost' }, 'OPENAI_BASE_URL must be an http or https URL, received "localhost".'],
    [
      { LLM_EMULATOR: 'off', OPENAI_API_KEY: 'sk-a' },
      'ANTHROPIC_API_KEY must be set if LLM_EMULATOR is "off". Set the key, or LLM_EMULATOR=auto.',
    ],
    [
      { NODE_ENV: 'production' },
      'OPENAI_API_KEY must be set if NODE_ENV is "production". Set the key, or LLM_EMULATOR=on.',
    ],
  ])('rejects %j with an error message', (env, expectedMessage) => {
    expect(() => readConfig(env)).toThrow(new ConfigError(expectedMessage));
  });

  it('starts in production if keys are set or the emulator is enabled explicitly', () => {
    expect(readConfig({ NODE_ENV: 'production', ...keys })).toMatchObject({ host: '0.0.0.0' });
    expect(readConfig({ NODE_ENV: 'production', LLM_EMULATOR: 'on' })).toMatchObject({ openai: 'emulator' });
  });
});
