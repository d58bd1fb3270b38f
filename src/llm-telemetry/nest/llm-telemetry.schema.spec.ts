import type { CallStore } from '../store/call-store.js';
import { describeSharedStore, type SharedStoreDescription } from '../store/shared-store.js';
import { problemsInOptions } from './llm-telemetry.schema.js';

const SECRET = 'canary-secret';
const URL_OF_WEBHOOK = `https://hooks.example.com/services/${SECRET}`;
const A_DAY = { usd: 1, per: 'day', onExceed: 'warn' } as const;
const PRICE = 'a price in USD: 0, or a number from 0.000001 to 1000';

function sharedStore(): SharedStoreDescription {
  return describeSharedStore({ kind: 'postgres', settings: {}, where: 'db/app', buffer: 'memory' });
}

function store(): CallStore {
  const method = (): never => {
    throw new Error('Validation calls no method.');
  };
  const names = [
    'record',
    'flush',
    'close',
    'status',
    'measure',
    'errors',
    'unpriced',
    'calls',
    'records',
    'call',
  ];
  return Object.fromEntries(names.map((name) => [name, method])) as unknown as CallStore;
}

class AuthGuard {
  canActivate(): boolean {
    return true;
  }
}

describe('valid options', () => {
  it.each<[string, object]>([
    ['no options', {}],
    [
      'options that are all undefined',
      {
        enabled: undefined,
        pricing: undefined,
        content: undefined,
        includeStreamUsage: undefined,
        requestContext: undefined,
        semconv: undefined,
        store: undefined,
        metricAttributes: undefined,
        onCall: undefined,
        errorStatuses: undefined,
        dashboard: undefined,
        alerts: undefined,
        budgets: undefined,
        budgetLedger: undefined,
      },
    ],
    [
      'nested options that are undefined',
      {
        pricing: { overrides: undefined, file: undefined, provider: undefined, hosts: undefined },
        content: { capture: 'messages', redact: undefined, maxBytes: undefined },
        store: {
          path: undefined,
          retention: { callDays: undefined, rollupDays: undefined, maxBytes: undefined },
        },
        dashboard: {
          path: undefined,
          guards: undefined,
          token: undefined,
          traceUrl: undefined,
          open: undefined,
          publicMetadataKey: undefined,
        },
        alerts: {
          limits: { error_ratio: undefined, high_latency: { limit: undefined, features: undefined } },
          disabled: undefined,
          onAlert: undefined,
          webhook: { url: undefined, headers: { authorization: undefined }, timeoutMs: undefined },
          everyMs: undefined,
        },
        budgets: [
          { ...A_DAY, feature: undefined, tenant: undefined, estimateUsd: undefined, whenAway: undefined },
        ],
      },
    ],
    ['a store in memory', { store: 'memory' }],
    ['no store', { store: false }],
    ['a store of the application', { store: store() }],
    ['a shared store', { store: sharedStore() }],
    ['guards as classes and instances', { dashboard: { guards: [AuthGuard, new AuthGuard()] } }],
    ['a metadata key as a symbol', { dashboard: { publicMetadataKey: Symbol('public') } }],
    ['a list of metadata keys', { dashboard: { publicMetadataKey: ['isPublic', Symbol('public')] } }],
    ['no dashboard and no alerts', { dashboard: false, alerts: false }],
    ['a dashboard with defaults', { dashboard: true }],
    ['alerts with defaults', { alerts: true }],
    ['a store with defaults', { store: true }],
    ['a limit as a number', { alerts: { limits: { rate_limiting: 5, error_ratio: 0.1 } } }],
    [
      'limits of features',
      { alerts: { limits: { error_ratio: { limit: 0.1, features: { 'batch job': false, chat: 0.2 } } } } },
    ],
    ['a ledger without add', { budgetLedger: { spent: async () => ({ usd: 0, unknownCalls: 0 }) } }],
    ['a price provider', { pricing: { provider: { find: () => null } } }],
    [
      'providers of hosts',
      {
        pricing: { hosts: { 'LLM.internal': 'vllm', '127.0.0.1:8080': 'native', '[::1]:80': 'my.provider' } },
      },
    ],
    [
      'prices',
      {
        pricing: {
          overrides: {
            'my-model': {
              input: { base: 1, tiers: [{ above: 200_000, price: 2 }] },
              output: 0,
              tools: { file_search: 2.5 },
              multipliers: { flex: 0.5 },
            },
          },
        },
      },
    ],
    ['a finish reason of a provider', { errorStatuses: ['length', 'insufficient_system_resource'] }],
  ])('accepts %s', (_what, options) => expect(problemsInOptions(options)).toEqual([]));
});

describe('invalid options', () => {
  it.each<[object, string]>([
    [{ dashbord: {} }, 'unknown option "dashbord". Did you mean "dashboard"?'],
    [{ onRecord: true }, 'unknown option "onRecord". Known options: enabled, pricing, content, '],
    [{ enabled: 'false' }, 'enabled must be true or false, received the string "false".'],
    [{ includeStreamUsage: 1 }, 'includeStreamUsage must be true or false, received 1.'],
    [{ enabled: null }, 'enabled must be true or false, received null.'],
    [{ requestContext: 'user' }, 'requestContext must be a function, received the string "user".'],
    [{ onCall: {} }, 'onCall must be a function, received an object.'],
    [
      { semconv: 'lates' },
      'semconv must be "1.41", "latest" or "both", received the string "lates". Did you mean "latest"?',
    ],
    [
      { semconv: { names: 'latst' } },
      'semconv.names must be "1.41", "latest" or "both", received the string "latst". Did you mean "latest"?',
    ],
    [{ semconv: { metrics: 'no' } }, 'semconv.metrics must be true or false, received the string "no".'],
    [{ semconv: 1.41 }, 'semconv must be "1.41", "latest" or "both", received 1.41.'],
    [
      { metricAttributes: ['user'] },
      'metricAttributes[0] must be "http.route", "llm.tenant", "user.id" or "session.id", received the string "user". Did you mean "user.id"?',
    ],
    [
      { metricAttributes: 'user.id' },
      'metricAttributes must be a list of attribute names, received the string "user.id".',
    ],
    [
      { errorStatuses: ['length', ''] },
      'errorStatuses[1] must be a finish reason such as "length", received an empty string.',
    ],
    [{ content: true }, 'content must be an object such as { capture: "messages" }, received true.'],
    [{ content: {} }, 'content.capture must be "messages", received undefined.'],
    [
      { content: { capture: 'everything' } },
      'content.capture must be "messages", received the string "everything".',
    ],
    [
      { content: { capture: 'messages', maxBytes: 0 } },
      'content.maxBytes must be a positive integer (bytes), received 0.',
    ],
    [
      { content: { capture: 'messages', redcat: () => '' } },
      'unknown option "redcat" in content. Did you mean "redact"?',
    ],
    [{ budgetLedger: {} }, 'budgetLedger must be an object with the method spent, received an object.'],
  ])('reports the problem in %j', (options, sentence) => {
    expect(problemsInOptions(options)).toEqual([expect.stringContaining(sentence)]);
  });

  it.each<[object, string]>([
    [{ store: { path: 5 } }, 'store.path must be the path of a file, received 5.'],
    [{ store: { path: '' } }, 'store.path must be the path of a file, received an empty string.'],
    [
      { store: 'memroy' },
      'store must be "memory", true, false, an object such as { path: "./calls.db" } or a CallStore, received the string "memroy". Did you mean "memory"?',
    ],
    [{ store: 1 }, 'store must be "memory", true, false, an object'],
    [{ store: { pth: 'x' } }, 'unknown option "pth" in store. Did you mean "path"?'],
    [
      { store: { record: () => {}, flush: () => {} } },
      'store must implement CallStore. Missing methods: close, status, measure, errors, unpriced, calls, records, call.',
    ],
    [
      { store: { retention: { callDays: '30' } } },
      'store.retention.callDays must be a positive number of days, received the string "30".',
    ],
    [
      { store: { retention: { maxBytes: -1 } } },
      'store.retention.maxBytes must be a positive number of bytes, received -1.',
    ],
    [
      { store: { retention: { rollupDays: Number.NaN } } },
      'store.retention.rollupDays must be a positive number of days, received NaN.',
    ],
  ])('reports the problem in the options of the store: %j', (options, sentence) => {
    expect(problemsInOptions(options)).toEqual([expect.stringContaining(sentence)]);
  });

  it.each<[unknown, string]>([
    [{}, 'budgets must be a list of budgets, received an object.'],
    [
      [null],
      'budgets[0] must be an object such as { usd: 100, per: "day", onExceed: "warn" }, received null.',
    ],
    [[{ ...A_DAY, usd: '1' }], 'budgets[0].usd must be a positive number, received the string "1".'],
    [[{ ...A_DAY, usd: Infinity }], 'budgets[0].usd must be a positive number, received Infinity.'],
    [[{ ...A_DAY, estimateUsd: 0 }], 'budgets[0].estimateUsd must be a positive number, received 0.'],
    [
      [{ ...A_DAY, whenAway: 'block' }],
      'budgets[0].whenAway must be "admit" or "refuse", received the string "block".',
    ],
    [[{ per: 'day', onExceed: 'warn' }], 'budgets[0].usd must be a positive number, received undefined.'],
    [
      [{ ...A_DAY, per: 'week' }],
      'budgets[0].per must be "hour", "day" or "month", received the string "week".',
    ],
    [
      [{ ...A_DAY, onExceed: 'stop' }],
      'budgets[0].onExceed must be "warn" or "block", received the string "stop".',
    ],
    [
      [{ ...A_DAY, feature: '' }],
      'budgets[0].feature must be the name of a feature, received an empty string.',
    ],
    [
      [A_DAY, { ...A_DAY, feature: 'chat', tenant: 'acme' }],
      'budgets[1] must have a feature or a tenant, not both.',
    ],
    [[{ ...A_DAY, limit: 5 }], 'unknown option "limit" in budgets[0]. Known options: feature, tenant, usd,'],
    [[A_DAY, { ...A_DAY, onExceed: 'block' }], 'budgets[1] repeats budgets[0]. Remove one of them.'],
  ])('reports the problem in the options of budgets: %j', (budgets, sentence) => {
    expect(problemsInOptions({ budgets })).toEqual([expect.stringContaining(sentence)]);
  });

  it.each<[unknown, string]>([
    [[], 'pricing.overrides must be an object of prices by model name, received an array.'],
    [{ m: { input: -1, output: 1 } }, `pricing.overrides.m.input must be ${PRICE}, received -1.`],
    [{ m: { input: 0.0000001, output: 1 } }, `pricing.overrides.m.input must be ${PRICE}, received 1e-7.`],
    [{ 'gpt-4o': { input: 1 } }, `pricing.overrides["gpt-4o"].output must be ${PRICE}, received undefined.`],
    [
      { m: { input: { base: 1, tiers: [{ above: -1, price: 2 }] }, output: 1 } },
      'pricing.overrides.m.input.tiers[0].above must be a number of tokens, received -1.',
    ],
    [
      { m: { input: 1, output: 1, tools: { file_search: '2' } } },
      `pricing.overrides.m.tools.file_search must be ${PRICE}, received the string "2".`,
    ],
    [
      { m: { input: 1, output: 1, multipliers: { flex: -0.5 } } },
      'pricing.overrides.m.multipliers.flex must be a multiplier: 0, or a number up to 100, received -0.5.',
    ],
    [
      { m: { input: 1, output: 1, inptu: 1 } },
      'unknown option "inptu" in pricing.overrides.m. Did you mean "input"?',
    ],
  ])('reports the problem in pricing.overrides: %j', (overrides, sentence) => {
    expect(problemsInOptions({ pricing: { overrides } })).toEqual([expect.stringContaining(sentence)]);
  });

  it.each<[object, string]>([
    [{ file: 5 }, 'pricing.file must be a file path, received 5.'],
    [{ provider: {} }, 'pricing.provider must be an object with a find method, received an object.'],
    [{ overides: {} }, 'unknown option "overides" in pricing. Did you mean "overrides"?'],
    [{ hosts: ['a'] }, 'pricing.hosts must be an object of provider names by host, received an array.'],
    [
      { hosts: { 'llm.internal': '' } },
      'pricing.hosts["llm.internal"] must be a provider name such as "vllm", or "native", received an empty string.',
    ],
    [
      { hosts: { 'https://llm.internal/v1': 'vllm' } },
      'pricing.hosts["https://llm.internal/v1"] is not a host. Use a host or host:port without scheme and path, such as "llm.internal:8080".',
    ],
    [
      { hosts: Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`h${index}`, 'vllm'])) },
      'pricing.hosts must have at most 1000 hosts, received 1001.',
    ],
  ])('reports the problem in the options of pricing: %j', (pricing, sentence) => {
    expect(problemsInOptions({ pricing })).toEqual([expect.stringContaining(sentence)]);
  });
});

describe('invalid options of the dashboard', () => {
  it.each(['', '/', ':id', 'llm/*', '../llm', 'llm//api', 'l lm', 'llm?x', '%6clm', 5])(
    'reports the path %j',
    (path) => {
      expect(problemsInOptions({ dashboard: { path } })).toEqual([
        expect.stringContaining('dashboard.path must be a path of plain segments such as "llm"'),
      ]);
    },
  );

  it.each(['javascript:alert(1)//{traceId}', 'https://traces.example', 'traces/{traceId}', 5])(
    'reports the traceUrl %j',
    (traceUrl) => {
      expect(problemsInOptions({ dashboard: { traceUrl } })).toEqual([
        expect.stringContaining('dashboard.traceUrl must be an http or https URL that contains {traceId}'),
      ]);
    },
  );

  it.each<[unknown, string]>([
    [1, 'dashboard must be an object, true or false, received a number.'],
    [
      { token: '' },
      'dashboard.token must not be empty. Set the variable that it is read from, or leave the option undefined.',
    ],
    [{ token: '  ' }, 'dashboard.token must not be empty.'],
    [{ token: 5 }, 'dashboard.token must be a string, received a number.'],
    [{ open: 'true' }, 'dashboard.open must be true or false, received the string "true".'],
    [{ publicMetadataKey: '' }, 'dashboard.publicMetadataKey must be a metadata key: '],
    [{ publicMetadataKey: 5 }, 'dashboard.publicMetadataKey must be a metadata key: '],
    [{ publicMetadataKey: [null] }, 'dashboard.publicMetadataKey must be a metadata key: '],
    [{ guards: AuthGuard }, 'dashboard.guards must be a list of guards, received a function.'],
    [
      { guards: [() => true] },
      'dashboard.guards[0] must be a guard: a class or an object with the method canActivate, received a function.',
    ],
    [{ guards: ['AuthGuard'] }, 'dashboard.guards[0] must be a guard: '],
    [{ tokn: 'x' }, 'unknown option "tokn" in dashboard. Did you mean "token"?'],
  ])('reports the problem in %j', (dashboard, sentence) => {
    expect(problemsInOptions({ dashboard })).toEqual([expect.stringContaining(sentence)]);
  });
});

describe('problems in options', () => {
  it('are all reported exactly once', () => {
    expect(
      problemsInOptions({
        dashbord: {},
        enabled: 'false',
        budgets: [{ usd: '1', per: 'week', onExceed: 'warn', useOf: 1 }],
        store: { path: 5, retntion: {} },
      }),
    ).toEqual([
      'enabled must be true or false, received the string "false".',
      'store.path must be the path of a file, received 5.',
      'unknown option "retntion" in store. Did you mean "retention"?',
      'budgets[0].usd must be a positive number, received the string "1".',
      'budgets[0].per must be "hour", "day" or "month", received the string "week".',
      'unknown option "useOf" in budgets[0]. Known options: feature, tenant, usd, per, onExceed, estimateUsd, whenAway.',
      'unknown option "dashbord". Did you mean "dashboard"?',
    ]);
  });

  it.each<[object]>([
    [{ dashboard: SECRET }],
    [{ dashboard: { token: [SECRET] } }],
    [{ dashboard: { token: { value: SECRET } } }],
    [{ alerts: URL_OF_WEBHOOK }],
    [{ alerts: { webhook: URL_OF_WEBHOOK } }],
    [{ alerts: { webhook: { url: `htps://${SECRET}` } } }],
    [{ alerts: { webhook: { url: 5, headers: SECRET } } }],
    [{ alerts: { webhook: { headers: { authorization: `${SECRET}\u0000` } } } }],
    [{ alerts: { webhook: { headers: { authorization: [SECRET] } } } }],
  ])('never contain a secret: %j', (options) => {
    const problems = problemsInOptions(options);
    expect(problems).not.toEqual([]);
    expect(problems.join()).not.toContain(SECRET);
  });

  it('quote only the start of a long string', () => {
    const [problem] = problemsInOptions({ semconv: 'x'.repeat(10_000) });
    expect(problem!.length).toBeLessThan(200);
  });
});
