import { bareFetch } from '../support/bare-fetch.js';
import { EventEmitter, once } from 'node:events';
import Anthropic from '@anthropic-ai/sdk';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { onFault } from '../../src/llm-telemetry/wire/guard.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { accountOf } from './support/account-of.js';
import { reply } from './support/provider-replies.js';
import { RawServer, withoutAsking } from './support/raw-server.js';
import { SCENARIOS } from './support/scenarios.js';
import { Side, type Scenario } from './support/side.js';

/** Runs all scenarios without and with usage that the library requests. */
describe.each([false, true])('an SDK with the library (includeStreamUsage: %s)', (includeStreamUsage) => {
  const server = new RawServer();
  const arrivals = new EventEmitter();
  let telemetry: TelemetryApp;
  let llm: LlmTelemetry;
  let compared = 0;
  let requests = 0;
  let noted = 0;

  beforeAll(async () => {
    await server.start();
    telemetry = await startTelemetryApp({ options: { includeStreamUsage } });
    llm = telemetry.get(LlmTelemetry);
  });
  afterAll(async () => {
    await telemetry.stop();
    await server.stop();
    process.stdout.write(
      `\nSDK scenarios compared with and without the library (includeStreamUsage: ${includeStreamUsage}): ${compared} of ${SCENARIOS.length} ` +
        `(${requests} requests, ${noted} events and listener counts)\n`,
    );
  });

  /** Returns what the application and the provider observe in a scenario. */
  async function account({ replies, run }: Scenario, fetch: typeof globalThis.fetch): Promise<object> {
    server.requests.length = 0;
    let next = 0;
    server.handler = (response, request) => {
      reply(response, request, replies[Math.min(next++, replies.length - 1)]!);
      arrivals.emit('request');
    };
    const side = new Side(
      new OpenAI({ apiKey: 'sk-canary', baseURL: `${server.url}/v1`, maxRetries: 0, fetch }),
      new Anthropic({ apiKey: 'sk-ant-canary', baseURL: server.url, maxRetries: 0, fetch }),
      fetch,
      async () => void (await once(arrivals, 'request')),
    );
    const result = accountOf(await run(side));
    requests += server.requests.length;
    noted += side.log.length;
    return { result, log: side.log, arrived: server.requests.map(withoutAsking).toSorted(byText) };
  }

  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    'behaves as without the library in scenario %s',
    async (_name, scenario) => {
      const faults: unknown[] = [];
      const stop = onFault(({ step, error }) => faults.push([step, error]));
      try {
        const bare = await account(scenario, bareFetch);
        const seen = await llm.run({ feature: 'differential', operation: 'sdk' }, () =>
          account(scenario, globalThis.fetch),
        );
        expect(seen).toEqual(bare);
        expect(faults).toEqual([]);
        compared++;
      } finally {
        stop();
      }
    },
  );

  it('has its requests captured, with usage from the provider', async () => {
    await llm.flush();
    const attempts = telemetry.records.flatMap((record) => record.attempts);
    expect(telemetry.records.length).toBeGreaterThanOrEqual(SCENARIOS.length);
    expect(attempts.length).toBeGreaterThan(SCENARIOS.length);
    const read = attempts.filter(({ usage }) => usage?.source === 'provider');
    expect(read.length).toBeGreaterThan(SCENARIOS.length / 3);
  });
});

/** Sorts concurrent requests, which arrive in any order. */
function byText(one: object, other: object): number {
  return JSON.stringify(one).localeCompare(JSON.stringify(other));
}
