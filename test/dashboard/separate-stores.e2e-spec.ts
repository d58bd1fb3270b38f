import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, type INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { Browser, Page } from 'playwright-core';
import { LlmTelemetryModule } from 'nestjs-llm-telemetry';
import type { Status } from '../../src/llm-telemetry/dashboard/api/index.js';
import { DASHBOARD_CLOCK } from '../../src/llm-telemetry/runtime/clock.js';
import { CALL_STORE, type CallStore } from '../../src/llm-telemetry/store/call-store.js';
import { callRecord } from '../support/call-records.js';
import { CapturedLogger } from '../support/captured-logger.js';
import { get } from '../support/dashboard-app.js';
import { FakeClock } from '../support/fake-clock.js';
import { PLATFORMS } from '../support/telemetry-app.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { axeFindings, startBrowser } from './browser.js';

import.meta.jest.setTimeout(60_000);

/** Distributes the requests for each path in turn. */
class LoadBalancer {
  private readonly counts = new Map<string, number>();
  private readonly server: Server;

  constructor(private readonly ports: readonly number[]) {
    this.server = createServer((request, response) => {
      const path = request.url!.split('?')[0]!;
      const count = this.counts.get(path) ?? 0;
      this.counts.set(path, count + 1);
      const { method, url, headers } = request;
      const port = this.ports[count % this.ports.length]!;
      const sent = httpRequest(
        { host: '127.0.0.1', port, method, path: url, headers, agent: false },
        (answer) => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        },
      );
      sent.on('error', () => response.destroy());
      response.on('close', () => sent.destroy());
      request.pipe(sent);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('two instances behind a load balancer', () => {
  const folder = temporaryFolder();
  const clock = new FakeClock(Date.now());
  let browser: Browser;
  let page: Page;
  let apps: INestApplication[] = [];
  let loggers: CapturedLogger[] = [];
  let ports: number[] = [];
  let balancer: LoadBalancer;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await page.context().close();
    await balancer.stop();
    for (const app of apps) await app.close();
    [apps, loggers, ports] = [[], [], []];
  });

  const startInstance = async (instance: string, file: string): Promise<void> => {
    @Module({
      imports: [
        LlmTelemetryModule.forRoot({
          store: { path: folder.file(file) },
          service: { name: 'orders-api', instance },
          dashboard: {},
        }),
      ],
    })
    class AppModule {}
    const logger = new CapturedLogger();
    const testing = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(DASHBOARD_CLOCK)
      .useValue(clock)
      .setLogger(logger)
      .compile();
    const app = testing.createNestApplication<NestFastifyApplication>(PLATFORMS.fastify(), { logger });
    await app.listen(0, '127.0.0.1');
    const store = app.get<CallStore>(CALL_STORE);
    store.record(callRecord({ feature: instance }));
    await store.flush();
    apps.push(app);
    loggers.push(logger);
    ports.push((app.getHttpServer().address() as AddressInfo).port);
  };

  /** Opens the page, and refreshes it for longer than a deployment takes. */
  const watch = async (): Promise<void> => {
    balancer = new LoadBalancer(ports);
    const url = await balancer.start();
    page = await browser.newPage();
    await page.goto(`${url}/llm/alerts?range=1h`);
    await page.goto(`${url}/llm/?range=1h`);
    await refresh('6 h', '24 h', '7 d', '30 d');
    expect(await notice().count()).toBe(0);
    clock.advance(90_000);
    await refresh('24 h', '7 d', '6 h');
  };
  const refresh = async (...ranges: readonly string[]): Promise<void> => {
    for (const range of ranges) {
      const status = page.waitForResponse(/\/api\/status$/);
      await page.getByRole('button', { name: range, exact: true }).click();
      await (await status).finished();
      await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
    }
  };
  const notice = () => page.getByText('2 instances run, and each');
  const statusOf = async (port: number): Promise<Status> =>
    (await get(port, '/llm/api/status')).json() as Status;
  const warnings = () => loggers.flatMap((logger) => logger.of('LlmDashboard')).filter(isAboutStores);

  it('are named on the page, in the status and once in each log if their stores are separate', async () => {
    await startInstance('orders-a', 'a.db');
    await startInstance('orders-b', 'b.db');
    await watch();
    await notice().waitFor();
    expect(await page.locator('.banner').innerText()).toContain('orders-a, orders-b');
    expect(await axeFindings(page)).toEqual([]);
    expect((await statusOf(ports[0]!)).separateInstances).toEqual(['orders-b']);
    expect((await statusOf(ports[1]!)).separateInstances).toEqual(['orders-a']);
    await refresh('24 h', '7 d');
    expect(warnings()).toHaveLength(2);
  });

  it('are a fleet if they share a store', async () => {
    await startInstance('orders-a', 'shared.db');
    await startInstance('orders-b', 'shared.db');
    await watch();
    await page.getByRole('button', { name: '2 instances', exact: true }).waitFor();
    expect(await notice().count()).toBe(0);
    expect((await statusOf(ports[0]!)).separateInstances).toEqual([]);
    expect(warnings()).toEqual([]);
  });
});

function isAboutStores(line: unknown): boolean {
  return JSON.stringify(line).includes('store their calls separately');
}
