import Table from 'cli-table3';
import type { ExportedSpan } from './otlp-receiver.js';
import type { Report } from './report.js';

/** Formats the report as text. */
export function printReport(report: Report): string {
  const { retries } = report;
  return [
    `${report.calls} calls, ${usd(report.costUsd)}${report.unpriced > 0 ? `, and ${report.unpriced} calls of unknown cost` : ''}`,
    '',
    'Cost by feature',
    table(
      ['feature', 'calls', 'cost', 'share', 'running'],
      report.features.map((row) => [
        row.feature,
        row.calls,
        row.unpriced > 0 ? `≥ ${usd(row.costUsd)}` : usd(row.costUsd),
        percent(row.share),
        percent(row.runningShare),
      ]),
    ),
    'Duration by operation',
    table(
      ['operation', 'calls', 'P50', 'P99', 'first token P50'],
      report.operations.map((row) => [
        row.operation,
        row.calls,
        ms(row.p50Ms),
        ms(row.p99Ms),
        row.firstTokenMs === null ? '–' : ms(row.firstTokenMs),
      ]),
    ),
    'Truncation by model',
    table(
      ['model', 'calls', 'truncated', 'rate'],
      report.models.map((row) => [row.model, row.calls, row.truncated, percent(row.truncated / row.calls)]),
    ),
    'Errors by type',
    table(
      ['error type', 'calls'],
      report.errors.map((row) => [row.errorType, row.calls]),
    ),
    `Retries: ${retries.retries} retried attempts in ${retries.retriedCalls} calls, ${retries.recovered} of which recovered.`,
  ].join('\n');
}

/** Formats a span as a tracing backend would show it. */
export function printSpan({ name, traceId, status, statusMessage, attributes }: ExportedSpan): string {
  const lines = [`${name}  ${status}${statusMessage ? ` “${statusMessage}”` : ''}  trace ${traceId}`];
  for (const [key, value] of Object.entries(attributes).sort(([a], [b]) => a.localeCompare(b))) {
    lines.push(`  ${key.padEnd(28)} ${Array.isArray(value) ? value.join(', ') : String(value)}`);
  }
  return lines.join('\n');
}

function table(head: string[], rows: Array<Array<string | number>>): string {
  const printed = new Table({
    head,
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  printed.push(...rows);
  return `${printed.toString()}\n`;
}

function usd(amount: number): string {
  return `$${amount.toFixed(5)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

function ms(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
