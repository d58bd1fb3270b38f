import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import grpc from '@grpc/grpc-js';
import { readExported, type Point, type Span } from './exported.js';
import { readProtobuf, type Signal } from './schema.js';

export const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Signal, protocol and compression of a request. */
export interface Arrival {
  readonly signal: Signal;
  readonly protocol: Protocol;
  readonly gzip: boolean;
}

type GrpcCall = Pick<grpc.ServerUnaryCall<Buffer, Buffer>, 'request' | 'getPath'>;

/** OTLP receiver that decodes exports of all protocols. */
export class Collector {
  readonly arrivals: Arrival[] = [];
  readonly spans: Span[] = [];
  /** Points of each export of metrics, in order. */
  readonly exports: Array<readonly Point[]> = [];
  private readonly events = new EventEmitter();

  private constructor(
    readonly url: string,
    private readonly close: () => Promise<void>,
  ) {}

  /** @param before Delays HTTP responses until it resolves. */
  static async start(
    protocol: Protocol,
    { before = Promise.resolve() }: { before?: Promise<void> } = {},
  ): Promise<Collector> {
    return protocol === 'grpc' ? Collector.overGrpc() : Collector.overHttp(before);
  }

  private static async overHttp(before: Promise<void>): Promise<Collector> {
    const server = createServer((request, response) => {
      void Promise.all([bodyOf(request), before]).then(([body]) => {
        collector.take(request, body);
        const type = request.headers['content-type']!;
        // An empty message means success.
        response.writeHead(200, { 'content-type': type }).end(type === 'application/json' ? '{}' : '');
      });
    });
    const collector = new Collector(await listen(server), async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return collector;
  }

  private static async overGrpc(): Promise<Collector> {
    const server = new grpc.Server();
    // grpc-js decompresses requests before handlers run, so encodings are read from a diagnostics channel.
    const encodings: Array<[path: string, encoding: string]> = [];
    const onStream = (message: unknown): void => {
      const { headers } = message as { headers: Record<string, string | undefined> };
      encodings.push([headers[':path'] ?? '', headers['grpc-encoding'] ?? 'identity']);
    };
    subscribe('http2.server.stream.start', onStream);
    for (const [signal, service] of SERVICES) {
      server.addService(definition(service), {
        Export: (call: GrpcCall, answer: (error: null, message: Buffer) => void) => {
          const started = encodings.findIndex(([path]) => path === call.getPath());
          const gzip = encodings.splice(started, 1)[0]![1] === 'gzip';
          collector.keep({ signal, protocol: 'grpc', gzip }, readProtobuf(signal, call.request));
          answer(null, Buffer.alloc(0));
        },
      });
    }
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    const collector = new Collector(`http://127.0.0.1:${port}`, async () => {
      unsubscribe('http2.server.stream.start', onStream);
      server.forceShutdown();
    });
    return collector;
  }

  /** Points of the last export of metrics. */
  get latest(): readonly Point[] {
    return this.exports.at(-1) ?? [];
  }

  /** Resolves when `isComplete` returns true. */
  async until(isComplete: (collector: Collector) => boolean): Promise<void> {
    while (!isComplete(this)) await once(this.events, 'export');
  }

  async stop(): Promise<void> {
    await this.close();
  }

  private take(request: IncomingMessage, body: Buffer): void {
    const gzip = request.headers['content-encoding'] === 'gzip';
    const bytes = gzip ? gunzipSync(body) : body;
    const signal = request.url!.replace('/v1/', '') as Signal;
    if (request.headers['content-type'] === 'application/json') {
      this.keep({ signal, protocol: 'http/json', gzip }, JSON.parse(bytes.toString()) as object);
    } else {
      this.keep({ signal, protocol: 'http/protobuf', gzip }, readProtobuf(signal, bytes));
    }
  }

  private keep(arrival: Arrival, request: object): void {
    this.arrivals.push(arrival);
    const { spans, points } = readExported(arrival.signal, request);
    this.spans.push(...spans);
    if (points.length > 0) this.exports.push(points);
    this.events.emit('export');
  }
}

const SERVICES: ReadonlyArray<readonly [Signal, string]> = [
  ['traces', 'opentelemetry.proto.collector.trace.v1.TraceService'],
  ['metrics', 'opentelemetry.proto.collector.metrics.v1.MetricsService'],
];

/** Defines a gRPC service with messages as raw bytes. */
function definition(service: string): grpc.ServiceDefinition {
  const asIs = (bytes: Buffer): Buffer => bytes;
  return {
    Export: {
      path: `/${service}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
