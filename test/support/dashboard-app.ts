import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, VersioningType, type ModuleMetadata } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { LlmTelemetryAlerts, LlmTelemetryModule, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import { CALL_STORE } from '../../src/llm-telemetry/store/call-store.js';
import { DASHBOARD_CLOCK } from '../../src/llm-telemetry/runtime/clock.js';
import { CapturedLogger } from './captured-logger.js';
import type { FakeClock } from './fake-clock.js';
import { MemoryStore } from './memory-store.js';
import { PLATFORMS } from './telemetry-app.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  json(): unknown;
}

export interface DashboardApp {
  readonly app: NestFastifyApplication;
  readonly store: MemoryStore;
  readonly logger: CapturedLogger;
  readonly port: number;
  /** Sends only the given headers, and the path without normalization. */
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: string, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts a listening application with the module and an in-memory store. */
export async function startDashboardApp({
  platform = 'fastify',
  options = {},
  prefix,
  versioning = false,
  alerts,
  clock,
  configure = () => {},
  host = '127.0.0.1',
  ...metadata
}: ModuleMetadata & {
  platform?: keyof typeof PLATFORMS;
  options?: LlmTelemetryOptions;
  prefix?: string;
  versioning?: boolean;
  /** Replaces the alerts of the application. */
  alerts?: Pick<LlmTelemetryAlerts, 'list' | 'onChange'>;
  /** Replaces the system clock. */
  clock?: FakeClock;
  configure?: (app: NestFastifyApplication) => void;
  /** Address to listen on. */
  host?: string;
} = {}): Promise<DashboardApp> {
  const store = new MemoryStore();
  @Module({ ...metadata, imports: [LlmTelemetryModule.forRoot(options), ...(metadata.imports ?? [])] })
  class AppModule {}

  const logger = new CapturedLogger();
  const builder = Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(CALL_STORE)
    .useValue(store)
    .setLogger(logger);
  if (alerts) builder.overrideProvider(LlmTelemetryAlerts).useValue(alerts);
  if (clock) builder.overrideProvider(DASHBOARD_CLOCK).useValue(clock);
  const testing = await builder.compile();
  const app = testing.createNestApplication<NestFastifyApplication>(PLATFORMS[platform](), { logger });
  if (prefix) app.setGlobalPrefix(prefix);
  if (versioning) app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  configure(app);
  await app.listen(0, host);
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    store,
    logger,
    port,
    get: (path, headers = {}) => get(port, path, headers),
    post: (path, body, headers = {}) => post(port, path, body, headers),
    stop: () => app.close(),
  };
}

export function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send(port, 'GET', path, headers);
}

export function post(
  port: number,
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return send(port, 'POST', path, headers, body);
}

async function send(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, resolve)
      .on('error', reject)
      .end(body);
  });
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  const { statusCode: status = 0, headers: received } = response;
  return { status, headers: received, text, json: () => JSON.parse(text) as unknown };
}
