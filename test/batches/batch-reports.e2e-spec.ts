import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import { StubProvider } from '../support/stub-provider.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** A public report about batches: what the provider answers, and what must be recorded. */
interface Report {
  readonly source: string;
  readonly what: string;
  /** GET requests of the application, with the responses. */
  readonly requests: ReadonlyArray<{
    readonly path: string;
    readonly body?: unknown;
    readonly lines?: readonly unknown[];
    readonly text?: string;
  }>;
  /** The records, in order, and their cost in USD. */
  readonly records: ReadonlyArray<Record<string, unknown> & { readonly usd?: number }>;
  /** Lines that the summary counts as unreadable. */
  readonly unreadable?: number;
  /** The records are those after the application has stopped. */
  readonly stop?: true;
}

const FOLDER = join(import.meta.dirname, '../fixtures/batches');
const REPORTS = readdirSync(FOLDER).map((name) => ({
  name,
  ...(JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Report),
}));

let server: StubProvider;
let telemetry: TelemetryApp;

beforeEach(async () => {
  server = await StubProvider.start();
  telemetry = await startTelemetryApp({ options: { store: false } });
});

afterEach(async () => {
  await telemetry.stop();
  await server.stop();
});

it.each(REPORTS)('$name: $what ($source)', async ({ requests, records, unreadable, stop }) => {
  const { get, app, logger, flush, records: recorded } = telemetry;
  await get(LlmTelemetry).run({ feature: 'orders', operation: 'collect' }, async () => {
    for (const { path, body, lines, text } of requests) {
      server.respond = (_, response) => {
        response.setHeader('content-type', body ? 'application/json' : 'application/octet-stream');
        response.end(
          body ? JSON.stringify(body) : (text ?? lines!.map((line) => JSON.stringify(line)).join('\n')),
        );
      };
      await (await fetch(server.url + path)).text();
    }
  });
  if (stop) await app.close();
  else await flush();
  expect(recorded).toHaveLength(records.length);
  for (const [index, { usd, ...expected }] of records.entries()) {
    expect(recorded[index]).toMatchObject({ feature: 'orders', durationMs: 0, ...expected });
    if (usd !== undefined) expect(recorded[index]!.cost.costUsd).toBeCloseTo(usd, 10);
  }
  const warnings = logger.of('LlmTelemetry').filter(({ level }) => level === 'warn');
  expect(warnings.map(({ text: line }) => line)).toEqual(
    unreadable === undefined ? [] : [expect.stringContaining(`unreadable=${unreadable}`)],
  );
});
