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
  ['as a whole', (response) => response.text()],
  ['as a stream', drain],
];

async function drain(response: Response): Promise<void> {
  for await (const _ of response.body!);
}

describe('traffic from public reports', () => {
  let telemetry: TelemetryApp;
  let provider: StubProvider;
  beforeAll(async () => {
    provider = await StubProvider.start();
    telemetry = await startTelemetryApp();
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
  async function send(report: RealReport, read: (response: Response) => Promise<unknown>): Promise<void> {
    provider.respond = respondWith(report);
    const routed: typeof fetch = (_, init) => bareFetch(provider.url, init);
    const { url, headers } = report.request;
    const fetch = telemetry.get(LlmTelemetry).wrapFetch(routed);
    await read(await fetch(url, { method: 'POST', headers, body: requestBody(report) }));
  }

  const CASES = readRealReports().flatMap(([file, report]) =>
    READERS.map(([how, read]) => [report.title, how, file, report, read] as const),
  );

  it.each(CASES)('is recorded correctly: %s, read %s (%s)', async (_, __, ___, report, read) => {
    const { attempt, call } = report.expected;
    if (attempt === null) {
      await send(report, read);
      await telemetry.flush();
      expect(telemetry.records).toEqual([]);
      expect(telemetry.logger.entries.filter(({ level }) => level === 'warn')).toEqual([]);
      return;
    }
    await telemetry
      .get(LlmTelemetry)
      .run({ feature: 'reports', operation: 'report' }, () => send(report, read));
    await telemetry.flush();
    expect(telemetry.records).toMatchObject([{ ...call, attempts: [attempt] }]);
  });

  it('is validated: a file with an unknown member is rejected', () => {
    const file = { title: 't', source: 'https://example.com', expect: {} };
    expect(() => parseRealReport('wrong.json', JSON.stringify(file))).toThrow(/wrong\.json: .*expect/);
  });
});
