import { get as httpGet } from 'node:http';
import { text } from 'node:stream/consumers';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { StubProvider } from '../support/stub-provider.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

let server: StubProvider;
let telemetry: TelemetryApp;

beforeEach(async () => {
  server = await StubProvider.start();
});

afterEach(async () => {
  await telemetry.stop();
  await server.stop();
});

/** Returns a file of results with this many items. */
function results(items: number): string {
  const lines = Array.from({ length: items }, (_, index) =>
    JSON.stringify({
      custom_id: `item-${index}`,
      response: {
        status_code: 200,
        request_id: `req_${index}`,
        body: {
          id: `chatcmpl-${index}`,
          object: 'chat.completion',
          model: 'gpt-4o-mini-2024-07-18',
          choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
        },
      },
      error: null,
    }),
  );
  return `${lines.join('\n')}\n`;
}

const run = <T>(work: () => T): T =>
  telemetry.get(LlmTelemetry).run({ feature: 'orders', operation: 'collect' }, work);

it('records the items of results that were downloaded by node:http', async () => {
  telemetry = await startTelemetryApp({ options: { store: false } });
  server.respond = (_, response) => void response.end(results(3));
  await run(
    () =>
      new Promise<void>((resolve, reject) => {
        httpGet(`${server.url}/v1/files/file-1/content`, (response) => {
          text(response).then(() => resolve(), reject);
        }).on('error', reject);
      }),
  );
  await telemetry.flush();
  expect(telemetry.records.map(({ batch }) => batch?.item)).toEqual(['item-0', 'item-1', 'item-2']);
});

it('records the rest of results in a second download, if the first was left', async () => {
  telemetry = await startTelemetryApp({ options: { store: {} } });
  const lines = results(3).split('\n');
  server.respond = (_, response) => void response.write(`${lines[0]}\n`);
  await run(async () => {
    const { body } = await fetch(`${server.url}/v1/files/file-1/content`);
    const reader = body!.getReader();
    await reader.read();
    await reader.cancel();
  });
  await telemetry.flush();
  expect(telemetry.records.map(({ batch }) => batch?.item)).toEqual(['item-0']);
  server.respond = (_, response) => void response.end(results(3));
  await run(async () => (await fetch(`${server.url}/v1/files/file-1/content`)).text());
  await telemetry.flush();
  expect(telemetry.records.map(({ batch }) => batch?.item)).toEqual(['item-0', 'item-1', 'item-2']);
});

it('records many items in small steps, between which the application runs', async () => {
  telemetry = await startTelemetryApp({ options: { store: {} } });
  const file = results(5000);
  server.respond = (_, response) => void response.end(file);
  await run(async () =>
    expect(await (await fetch(`${server.url}/v1/files/file-1/content`)).text()).toBe(file),
  );
  // The application continues before the first item is read.
  expect(telemetry.records).toEqual([]);
  let turns = 0;
  const timer = setInterval(() => turns++);
  await telemetry.flush();
  clearInterval(timer);
  expect(telemetry.records).toHaveLength(5000);
  expect(turns).toBeGreaterThanOrEqual(5);
  const { groups } = await telemetry.app.get<CallStore>(CALL_STORE).measure({
    range: { from: 0, to: Date.now() + 3_600_000 },
    quantiles: true,
  });
  expect(groups[0]!.measures).toMatchObject({ calls: 5000, inputTokens: 500_000, duration: null });
});

it('records the many items that a batch contains in small steps', async () => {
  telemetry = await startTelemetryApp({ options: { store: {} } });
  const inlinedResponses = Array.from({ length: 1000 }, (_, index) => ({
    response: {
      candidates: [{ content: { parts: [{ text: 'Yes.' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2, totalTokenCount: 12 },
      modelVersion: 'gemini-2.5-flash',
    },
    metadata: { key: `item-${index}` },
  }));
  const body = { name: 'batches/b1', done: true, response: { inlinedResponses: { inlinedResponses } } };
  server.respond = (_, response) => void response.end(JSON.stringify(body));
  await run(async () => (await fetch(`${server.url}/v1beta/batches/b1`)).json());
  expect(telemetry.records).toEqual([]);
  await telemetry.flush();
  expect(new Set(telemetry.records.map(({ batch }) => batch?.item)).size).toBe(1000);
});

it('cuts the ids of a response, and still records items with long ids once each', async () => {
  telemetry = await startTelemetryApp({ options: { store: {} } });
  const long = 'x'.repeat(100_000);
  const lines = ['a', 'b'].map((last) =>
    JSON.stringify({
      custom_id: long + last,
      response: {
        status_code: 200,
        request_id: long,
        body: {
          id: long,
          object: 'chat.completion',
          model: long,
          choices: [],
          usage: { prompt_tokens: 1, completion_tokens: 1 },
        },
      },
    }),
  );
  server.respond = (_, response) => void response.end(lines.join('\n'));
  for (let download = 0; download < 2; download++) {
    await run(async () => (await fetch(`${server.url}/v1/files/file-1/content`)).text());
    await telemetry.flush();
  }
  expect(telemetry.records).toHaveLength(2);
  for (const record of telemetry.records) expect(JSON.stringify(record).length).toBeLessThan(4000);
});

it('ignores files and batches of other applications', async () => {
  telemetry = await startTelemetryApp({ options: { store: false, pricing: { hosts: {} } } });
  const bodies: Array<readonly [path: string, body: string]> = [
    ['/v1/files/file-1/content', results(2)],
    ['/v1/batches/batch-1', JSON.stringify({ id: 'batch-1', object: 'shipment' })],
    ['/v1/batches/batch-2', '[1, 2'],
    ['/api/batches/7', '<html></html>'],
  ];
  for (const [path, body] of bodies) {
    server.respond = (_, response) => void response.end(body);
    expect(await (await fetch(server.url + path)).text()).toBe(body);
  }
  await telemetry.flush();
  expect(telemetry.records).toEqual([]);
});

it('still warns about a call whose batches are not those of a provider', async () => {
  telemetry = await startTelemetryApp({ options: { store: false, pricing: { hosts: {} } } });
  server.respond = (_, response) => void response.end(JSON.stringify({ id: 'batch-1', status: 'shipped' }));
  await run(async () => (await fetch(`${server.url}/v1/batches/batch-1`)).text());
  await telemetry.flush();
  expect(telemetry.records).toMatchObject([{ feature: 'orders', attempts: [] }]);
  expect(telemetry.logger.entries.filter(({ level }) => level === 'warn')).toHaveLength(1);
});

it('records the failure of a call that could not create its batch', async () => {
  telemetry = await startTelemetryApp({ options: { store: false } });
  server.respond = (_, response) => void response.writeHead(429).end('{}');
  const created = run(async () => {
    const { status } = await fetch(`${server.url}/v1/batches`, { method: 'POST', body: '{}' });
    if (status === 429) throw Object.assign(new Error('Too many requests'), { status });
  });
  await expect(created).rejects.toThrow('Too many requests');
  await telemetry.flush();
  expect(telemetry.records).toMatchObject([{ feature: 'orders', failure: { type: 'rate_limit' } }]);
});
