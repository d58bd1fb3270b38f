import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SpanValue = string | number | boolean | SpanValue[];

/** An exported span, with attributes as plain values. */
export interface ExportedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Omitted for root spans. */
  readonly parentSpanId?: string;
  readonly status: 'UNSET' | 'OK' | 'ERROR';
  readonly statusMessage: string;
  readonly attributes: Readonly<Record<string, SpanValue>>;
  /** Resource attributes of the exporting process. */
  readonly resource: Readonly<Record<string, SpanValue>>;
}

/** Minimal OpenTelemetry Collector: receives traces over OTLP/HTTP with JSON. */
export class OtlpReceiver {
  readonly spans: ExportedSpan[] = [];
  private readonly events = new EventEmitter();
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (request.url?.endsWith('/v1/traces')) this.take(Buffer.concat(parts).toString('utf8'));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves to `true` when `isComplete` returns `true`, or to `false` after `timeoutMs`. */
  async until(isComplete: (spans: readonly ExportedSpan[]) => boolean, timeoutMs: number): Promise<boolean> {
    const timeout = AbortSignal.timeout(timeoutMs);
    while (!isComplete(this.spans)) {
      try {
        await once(this.events, 'spans', { signal: timeout });
      } catch {
        return false;
      }
    }
    return true;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private take(json: string): void {
    const request = JSON.parse(json) as OtlpRequest;
    for (const { resource, scopeSpans = [] } of request.resourceSpans ?? []) {
      const resourceAttributes = readAttributes(resource?.attributes);
      for (const { spans = [] } of scopeSpans) {
        this.spans.push(...spans.map((span) => readSpan(span, resourceAttributes)));
      }
    }
    this.events.emit('spans');
  }
}

/** The used part of an OTLP trace request. Source: opentelemetry-proto, `trace/v1/trace.proto`, JSON mapping. */
interface OtlpRequest {
  resourceSpans?: Array<{
    resource?: { attributes?: OtlpAttribute[] };
    scopeSpans?: Array<{ spans?: OtlpSpan[] }>;
  }>;
}

interface OtlpSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status?: { code?: number; message?: string };
  attributes?: OtlpAttribute[];
}

interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}

interface OtlpValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  arrayValue?: { values?: OtlpValue[] };
}

function readSpan(span: OtlpSpan, resource: ExportedSpan['resource']): ExportedSpan {
  const { name, traceId, spanId, parentSpanId, status, attributes } = span;
  return {
    name,
    traceId,
    spanId,
    parentSpanId: parentSpanId || undefined,
    status: (['UNSET', 'OK', 'ERROR'] as const)[status?.code ?? 0] ?? 'UNSET',
    statusMessage: status?.message ?? '',
    attributes: readAttributes(attributes),
    resource,
  };
}

function readAttributes(attributes: readonly OtlpAttribute[] = []): Record<string, SpanValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]));
}

function readValue(value: OtlpValue): SpanValue {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(readValue);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? '';
}
