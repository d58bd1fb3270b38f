import { fleetDemo } from './fleet.js';
import { OtlpReceiver, type ExportedSpan } from './otlp-receiver.js';
import { printReport, printSpan } from './print.js';
import { reportOf } from './report.js';
import { ORDERS } from './samples/orders.js';
import { TICKETS } from './samples/tickets.js';
import { keepSending, sampleRequests, sendAll } from './sample-requests.js';
import { freePort, ServiceProcess } from './service-process.js';

/**
 * Runs the example service on its emulator, sends sample orders and tickets, and prints a report computed from the
 * exported spans only, as any OpenTelemetry backend could.
 */
async function demo(): Promise<void> {
  const once = process.argv.includes('--once');
  const receiver = new OtlpReceiver();
  const service = new ServiceProcess(await freePort(Number(process.env['PORT'] || 3000)), {
    LLM_EMULATOR: 'on',
    OTEL_EXPORTER_OTLP_ENDPOINT: await receiver.start(),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '250',
  });
  const stop = async (code: number): Promise<never> => {
    await service.stop();
    receiver.stop();
    process.exit(code);
  };
  process.once('SIGINT', () => void stop(0));
  process.once('SIGTERM', () => void stop(0));

  try {
    await service.ready();
    console.log(`The example service is running at ${service.url} with the built-in provider emulator.\n`);
    const unanswered = await sendAll(sampleRequests(service.url));
    const expected = ORDERS.length + TICKETS.length;
    const complete = await receiver.until((spans) => spans.filter(isCall).length >= expected, 15_000);
    const report = reportOf(receiver.spans);
    console.log(`\n${printReport(report)}\n`);
    for (const span of examples(receiver.spans)) console.log(`${printSpan(span)}\n`);
    if (unanswered > 0 || !complete) {
      console.error(
        `${unanswered} requests failed without a response; ${report.calls} of ${expected} calls were exported.`,
      );
      await stop(1);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    await stop(1);
  }
  if (once) await stop(0);

  console.log(
    `Dashboard: ${service.url}/llm\n\n` +
      'The service runs until you press Ctrl-C and receives a request every few seconds. Send your own requests:\n\n' +
      `${curls(service.url)}\n`,
  );
  service.onExit(() => void stop(1));
  service.show();
  void keepSending(sampleRequests(service.url));
}

function isCall({ name }: ExportedSpan): boolean {
  return name.startsWith('llm.');
}

/** Returns a successful, a truncated and a failed call. */
function examples(spans: readonly ExportedSpan[]): ExportedSpan[] {
  const calls = spans.filter(isCall);
  return [
    calls.find(
      ({ attributes }) => attributes['llm.finish_reason'] === 'stop' && attributes['llm.error'] === undefined,
    ),
    calls.find(({ attributes }) => attributes['llm.truncated'] === true),
    calls.find(({ attributes }) => attributes['llm.error_type'] === 'rate_limit'),
  ].filter((span) => span !== undefined);
}

function curls(url: string): string {
  const curl = (path: string, body: object): string =>
    `  curl ${url}${path} -H 'content-type: application/json' \\\n    -d '${JSON.stringify(body)}'`;
  return [
    curl('/orders/summarize', { order_text: ORDERS[0]!.order_text, user_id: 'me' }),
    curl('/support/classify', { ticket_text: TICKETS[0]! }),
  ].join('\n\n');
}

await (process.argv.includes('--fleet') ? fleetDemo() : demo());
