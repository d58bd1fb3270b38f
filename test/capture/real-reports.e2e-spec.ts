import { bareFetch } from '../support/bare-fetch.js';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import {
  parseRealReport,
  readRealReports,
  requestBody,
  respondWith,
  type RealReport,
} from '../support/real-reports.js';
import { StubProvider } from '../support/stub-provider.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const READERS: ReadonlyArray<readonly [name: string, read: (response: Response) => Promise<unknown>]> = [
  ['as a whole', (response) => (isBinary(response) ? response.arrayBuffer() : response.text())],
  ['as a stream', drain],
];

function isBinary({ headers }: Response): boolean {
  return headers.get('content-type') === 'application/vnd.amazon.eventstream';
}

async function drain(response: Response): Promise<void> {
  for await (const _ of response.body!);
}

describe('traffic from public reports', () => {
  let telemetry: TelemetryApp;
  let provider: StubProvider;
  beforeAll(async () => {
    provider = await StubProvider.start();
    telemetry = await startTelemetryApp({ options: { pricing: { hosts: {} } } });
  });
  afterAll(async () => {
    await telemetry.stop();
    await provider.stop();
  });
  beforeEach(() => {
    telemetry.records.length = 0;
    telemetry.logger.entries.length = 0;
  });

  /** Sends the request of a report to the local server. The library sees the URL of the report. */
  async function send(
    report: RealReport,
    read: (response: Response) => Promise<unknown>,
    app = telemetry,
  ): Promise<void> {
    provider.respond = respondWith(report);
    const { url, headers } = report.request;
    const routed: typeof fetch = (_, init) => bareFetch(provider.url + new URL(url).pathname, init);
    const fetch = app.get(LlmTelemetry).wrapFetch(routed);
    await read(await fetch(url, { method: 'POST', headers, body: requestBody(report) }));
  }

  const CASES = readRealReports().flatMap(([file, report]) =>
    READERS.map(([how, read]) => [report.title, how, file, report, read] as const),
  );
  const isIgnored = ([, , , { expected }]: (typeof CASES)[number]): boolean => expected.attempt === null;

  it.each(CASES.filter((one) => !isIgnored(one)))(
    'is recorded correctly: %s, read %s (%s)',
    async (_, __, ___, report, read) => {
      const { attempt, call } = report.expected;
      await telemetry
        .get(LlmTelemetry)
        .run({ feature: 'reports', operation: 'report' }, () => send(report, read));
      await telemetry.flush();
      expect(telemetry.records).toMatchObject([{ ...call, attempts: [attempt] }]);
    },
  );

  it.each(CASES.filter(isIgnored))(
    'makes no record and no warning: %s, read %s (%s)',
    async (_, __, ___, report, read) => {
      // Warnings are logged once by an application.
      const own = await startTelemetryApp({ options: { pricing: { hosts: {} } } });
      try {
        await send(report, read, own);
        await own.flush();
        expect(own.records).toEqual([]);
        expect(own.logger.entries.filter(({ level }) => level === 'warn')).toEqual([]);
      } finally {
        await own.stop();
      }
    },
  );

  it('is validated: a file with an unknown member is rejected', () => {
    const file = { title: 't', source: 'https://example.com', expect: {} };
    expect(() => parseRealReport('wrong.json', JSON.stringify(file))).toThrow(/wrong\.json: .*expect/);
  });
});
